<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * Writes to the memory; what the service cannot take now is kept and written later, once and in order.
 */
final class Writer {
	public function __construct( private Service $service, private Outbox $outbox, private Consent $consent ) {}

	/**
	 * Writes; without the visitor's consent nothing, and says so to nobody.
	 *
	 * @return ?Answer the service's, or null if the write is accepted without one: it is kept, or must not be stored.
	 * @throws Unreachable if neither is possible.
	 * @throws InvalidWrite if the service would refuse it and is not asked.
	 */
	public function write( Call $call, Caller $caller ): ?Answer {
		if ( ! $this->consent->is_given() ) {
			WriteRules::check( $call );
			return null;
		}
		$nonce = Signature::nonce();
		try {
			$this->outbox->settle( $caller );
			$answer = $this->service->ask( $call, $caller, $nonce );
			// A service that is overloaded, or has no database for the moment, is there: the next request may ask it again.
			return 503 === $answer->status && $this->keep( $call, $caller, $nonce ) ? null : $answer;
		} catch ( Unreachable $failure ) {
			if ( ! $this->keep( $call, $caller, $nonce ) ) {
				throw $failure;
			}
			return null;
		}
	}

	/**
	 * Keeps a write. The service may have got it all the same: what is kept has the same nonce, and is not done twice.
	 *
	 * @throws InvalidWrite if the service would refuse it and has not been asked.
	 */
	private function keep( Call $call, Caller $caller, string $nonce ): bool {
		WriteRules::check( $call );
		return $this->outbox->keep( $call, $caller, $nonce );
	}

	/**
	 * Changes the memory in a way that cannot be kept, after all that is kept of this visitor.
	 *
	 * @throws Unreachable if the service is away.
	 */
	public function change( Call $call, Caller $caller ): Answer {
		$this->outbox->settle( $caller );
		return $this->service->ask( $call, $caller );
	}

	/**
	 * Reads, if possible after all that is kept of this visitor.
	 *
	 * @throws Unreachable if the service is away.
	 */
	public function read( Call $call, Caller $caller ): Answer {
		try {
			$this->outbox->settle( $caller );
		} catch ( Unreachable ) { // phpcs:ignore Generic.CodeAnalysis.EmptyStatement -- what is kept comes later; if the service is away, the next line tells.
		}
		return $this->service->ask( $call, $caller );
	}
}
