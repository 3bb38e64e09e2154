<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * Keeps pages from waiting for a service that has just failed: after a failure nobody asks it, but for one trial every
 * 15 seconds.
 *
 * The state is one option that WordPress loads with every request, so that looking at it costs nothing. '' while the
 * service is trusted, else the Unix time in seconds of the next trial and of the failure.
 */
final class Breaker {
	public const OPTION        = 'homa_bridge_breaker';
	public const TRIAL_SECONDS = 15;

	private ?string $state = null;

	public function is_open(): bool {
		return '' !== $this->state();
	}

	/**
	 * Returns since when the service has been away, as a Unix time; null if it has not.
	 */
	public function open_since(): ?int {
		return $this->is_open() ? (int) ( explode( '|', $this->state() )[1] ?? 0 ) : null;
	}

	/**
	 * Says whether this request may try the service, and claims the trial: of several at once one gets it.
	 */
	public function claim_trial(): bool {
		$now = time();
		if ( $now < (int) $this->state() ) {
			return false;
		}
		return $this->replace( ( $now + self::TRIAL_SECONDS ) . '|' . ( $this->open_since() ?? $now ) );
	}

	/**
	 * Returns the seconds until the next trial, at least 1.
	 */
	public function seconds_left(): int {
		return max( 1, (int) $this->state() - time() );
	}

	/**
	 * Takes the service for away.
	 *
	 * @return bool whether it counted as there until now, and this request is the first to tell.
	 */
	public function open(): bool {
		return ! $this->is_open() && $this->replace( ( time() + self::TRIAL_SECONDS ) . '|' . time() );
	}

	/**
	 * Trusts the service again.
	 */
	public function close(): void {
		if ( $this->is_open() ) {
			$this->write( '' );
		}
	}

	private function state(): string {
		return $this->state ??= (string) get_option( self::OPTION, '' );
	}

	/**
	 * Writes a new state unless somebody else has changed the old one meanwhile.
	 */
	private function replace( string $state ): bool {
		global $wpdb;
		$changed = $wpdb->update( $wpdb->options, array( 'option_value' => $state ), array( 'option_name' => self::OPTION, 'option_value' => $this->state() ) );
		if ( ! $changed && false === get_option( self::OPTION ) ) {
			$changed = add_option( self::OPTION, $state );
		}
		wp_cache_delete( 'alloptions', 'options' );
		$this->state = $changed ? $state : null;
		return (bool) $changed;
	}

	private function write( string $state ): void {
		update_option( self::OPTION, $state, true );
		$this->state = $state;
	}
}
