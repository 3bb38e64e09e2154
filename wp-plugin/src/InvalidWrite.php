<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * A write that the service would refuse, told while the service is away: what is kept must be what it will take.
 */
final class InvalidWrite extends \RuntimeException {
	/** @param array<string, mixed> $data */
	public function __construct( public readonly string $error, string $message, public readonly array $data, public readonly int $status = 400 ) {
		parent::__construct( $message );
	}
}
