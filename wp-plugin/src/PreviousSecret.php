<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * The secret whose place another has taken: until the service is restarted, it knows that one alone.
 */
final class PreviousSecret {
	/**
	 * Keeps the secret that is replaced, unless the service still goes by an older one. Hooked to the option's update.
	 *
	 * @param mixed $replaced the option's value until now.
	 */
	public static function keep( mixed $replaced ): void {
		if ( is_string( $replaced ) && strlen( $replaced ) >= Settings::SECRET_LENGTH && ! self::is_in_use() ) {
			update_option( Settings::PREVIOUS_SECRET, $replaced, false );
		}
	}

	public static function forget(): void {
		delete_option( Settings::PREVIOUS_SECRET );
	}

	private static function is_in_use(): bool {
		if ( '' === Bridge::settings()->previous_secret() ) {
			return false;
		}
		try {
			Bridge::service()->test( Call::get( '/internal/status' ), Bridge::visitor()->caller() );
		} catch ( Unreachable ) {
			return false;
		}
		return Bridge::service()->goes_by_previous_secret();
	}
}
