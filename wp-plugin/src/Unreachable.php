<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * The service did not answer, or not as the service does.
 */
final class Unreachable extends \RuntimeException {
	public const REFUSED = 'refused'; // nothing listens there.
	public const TIMEOUT = 'timeout';
	public const GARBAGE = 'garbage'; // something else answers, or it broke off.
	public const SECRET  = 'secret';  // the service does not accept the signature.
	public const CLOCK   = 'clock';   // the two machines' clocks differ.
	public const WAITING = 'waiting'; // it failed a moment ago and was not asked.

	public function __construct( public readonly string $kind, string $detail = '' ) {
		parent::__construct( $detail );
	}
}
