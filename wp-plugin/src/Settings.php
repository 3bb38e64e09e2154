<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * What the owner can set. A constant in wp-config.php counts before the settings screen.
 */
final class Settings {
	public const ADDRESS        = 'homa_bridge_address';
	public const SECRET         = 'homa_bridge_secret';
	public const PREVIOUS_SECRET = 'homa_bridge_previous_secret';
	public const REMOVE_TABLES  = 'homa_bridge_remove_tables';
	public const DEFAULT_ADDRESS = 'http://127.0.0.1:8765';
	public const SECRET_LENGTH  = 32;

	/**
	 * Returns where the service is: http://host:port, https://host or unix:/path/to/socket.
	 */
	public function address(): string {
		$set = defined( 'HOMA_BRIDGE_ADDRESS' ) ? (string) constant( 'HOMA_BRIDGE_ADDRESS' ) : (string) get_option( self::ADDRESS, '' );
		return '' === $set ? self::DEFAULT_ADDRESS : $set;
	}

	/**
	 * Returns the secret that is shared with the service; '' if there is none.
	 */
	public function secret(): string {
		return $this->has_fixed_secret() ? (string) constant( 'HOMA_BRIDGE_SECRET' ) : (string) get_option( self::SECRET, '' );
	}

	/**
	 * Says whether wp-config.php sets the secret, so that the screen cannot.
	 */
	public function has_fixed_secret(): bool {
		return defined( 'HOMA_BRIDGE_SECRET' ) && '' !== (string) constant( 'HOMA_BRIDGE_SECRET' );
	}

	/**
	 * Returns the secret whose place the current one takes, as long as it is not forgotten; '' if there is none.
	 */
	public function previous_secret(): string {
		$previous = $this->has_fixed_previous_secret() ? (string) constant( 'HOMA_BRIDGE_PREVIOUS_SECRET' ) : (string) get_option( self::PREVIOUS_SECRET, '' );
		return $previous === $this->secret() ? '' : $previous;
	}

	/**
	 * Says whether wp-config.php sets the previous secret, so that the screen cannot forget it.
	 */
	public function has_fixed_previous_secret(): bool {
		return defined( 'HOMA_BRIDGE_PREVIOUS_SECRET' ) && '' !== (string) constant( 'HOMA_BRIDGE_PREVIOUS_SECRET' );
	}

	/**
	 * Says whether wp-config.php sets the address, so that the screen cannot.
	 */
	public function has_fixed_address(): bool {
		return defined( 'HOMA_BRIDGE_ADDRESS' );
	}

	/**
	 * Says whether removing the plugin removes the memory's tables, too.
	 */
	public function removes_tables(): bool {
		return (bool) get_option( self::REMOVE_TABLES, false );
	}

	/**
	 * Returns an address in its one form, or null if it is none.
	 */
	public static function clean_address( string $typed ): ?string {
		$typed = untrailingslashit( trim( $typed ) );
		if ( str_starts_with( $typed, 'unix:/' ) ) {
			return preg_match( '/[\s\0]/', $typed ) ? null : $typed;
		}
		$parts = wp_parse_url( $typed );
		$known = array( 'scheme' => 1, 'host' => 1, 'port' => 1, 'path' => 1 );
		if ( ! is_array( $parts ) || array_diff_key( $parts, $known ) || preg_match( '/[\s\0]/', $typed ) ) {
			return null;
		}
		return isset( $parts['host'] ) && in_array( $parts['scheme'] ?? '', array( 'http', 'https' ), true ) ? $typed : null;
	}
}
