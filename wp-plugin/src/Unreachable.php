<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * The service did not answer, or not as the service does, or does not take this site for its own.
 */
final class Unreachable extends \RuntimeException {
	public const REFUSED = 'refused'; // nothing listens there.
	public const TIMEOUT = 'timeout';
	public const GARBAGE = 'garbage'; // something else answers, or it broke off.
	public const SECRET  = 'secret';  // it has another secret, or none.
	public const ALTERED = 'altered'; // requests do not reach it as they are signed.
	public const BODY    = 'body';    // this request's body was changed on the way; others may arrive whole.
	public const CLOCK   = 'clock';   // the two machines' clocks differ.
	public const FOREIGN = 'foreign'; // it remembers for another site, and takes no writes from this one.
	public const WAITING = 'waiting'; // it failed a moment ago and was not asked.

	public function __construct( public readonly string $kind, string $detail = '' ) {
		parent::__construct( $detail );
	}
}
