<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * Whether the visitor agrees to be remembered.
 */
final class Consent {
	private ?bool $is_given = null;

	/**
	 * Asks the filter homa_bridge_consent, once in a request and not before the memory is needed: who answers it may be
	 * loaded late. An answer that fails is none.
	 */
	public function is_given(): bool {
		if ( null === $this->is_given ) {
			$this->is_given = false; // For a filter that asks for the memory itself.
			try {
				/**
				 * Says whether the current visitor may be remembered.
				 *
				 * @param bool $is_given true by default.
				 * @param int  $user     WordPress user's number; 0 for a guest.
				 */
				$this->is_given = (bool) apply_filters( 'homa_bridge_consent', true, get_current_user_id() );
			} catch ( \Throwable ) { // phpcs:ignore Generic.CodeAnalysis.EmptyStatement -- it stays false.
			}
		}
		return $this->is_given;
	}
}
