<?php

declare( strict_types = 1 );

namespace HomaBridge\Early;

/**
 * Who would be asked on the ordinary way and changes who a visitor is, what is remembered, or whether a request is let in.
 *
 * What a plugin does while it is loaded, as firewalls do, leaves no trace here; the screen tells the owner.
 */
final class Objections {
	private const FILTERS = array(
		'homa_bridge_consent',
		'homa_bridge_visitor_address',
		'rest_authentication_errors',
		'rest_pre_dispatch',
		'rest_url_prefix',
		'determine_current_user',
		'session_token_manager',
		'salt',
		'nonce_life',
		'pre_option_home',
		'option_home',
	);

	/** Functions that a plugin may define in WordPress's place. */
	private const FUNCTIONS = array( 'wp_validate_auth_cookie', 'wp_parse_auth_cookie', 'wp_get_current_user', 'wp_set_current_user', 'get_user_by', 'wp_verify_nonce', 'wp_create_nonce', 'wp_nonce_tick', 'wp_salt', 'wp_hash' );

	/** WordPress's own. */
	private const CORE = array(
		'rest_application_password_check_errors',
		'rest_cookie_check_errors',
		'rest_handle_options_request',
		'wp_validate_auth_cookie',
		'wp_validate_logged_in_cookie',
		'wp_validate_application_password',
		'_config_wp_home',
	);

	/** Beginnings of the names of classes that are hooked on every shop, and mind nothing but routes and parameters of their own. */
	private const HARMLESS = array( 'HomaBridge\\', 'WC_REST_Authentication', 'Automattic\\WooCommerce\\', 'Automattic\\Jetpack\\Connection\\Rest_Authentication' );

	/**
	 * Returns their names.
	 *
	 * @return list<string> filters, functions, and REMOTE_ADDR or HTTPS if something has corrected these.
	 */
	public static function found(): array {
		list( $address, $is_ssl ) = HOMA_BRIDGE_EARLY;
		return array_values(
			array(
				...array_filter( self::FILTERS, array( self::class, 'is_asked' ) ),
				...array_filter( self::FUNCTIONS, array( self::class, 'is_replaced' ) ),
				...( ( $_SERVER['REMOTE_ADDR'] ?? '' ) === $address ? array() : array( 'REMOTE_ADDR' ) ), // phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- compared.
				...( is_ssl() === $is_ssl ? array() : array( 'HTTPS' ) ),
			)
		);
	}

	private static function is_asked( string $filter ): bool {
		global $wp_filter;
		foreach ( $wp_filter[ $filter ]->callbacks ?? array() as $callbacks ) {
			foreach ( $callbacks as $callback ) {
				if ( ! self::is_harmless( $callback['function'] ) ) {
					return true;
				}
			}
		}
		return false;
	}

	private static function is_harmless( mixed $callback ): bool {
		if ( is_string( $callback ) && ! str_contains( $callback, '::' ) ) {
			return in_array( $callback, self::CORE, true );
		}
		$owner = $callback instanceof \Closure ? (string) ( new \ReflectionFunction( $callback ) )->getClosureScopeClass()?->getName() : self::owner( $callback );
		foreach ( self::HARMLESS as $name ) {
			if ( str_starts_with( ltrim( $owner, '\\' ), $name ) ) {
				return true;
			}
		}
		return false;
	}

	private static function owner( mixed $callback ): string {
		$owner = is_array( $callback ) ? reset( $callback ) : $callback;
		return is_object( $owner ) ? $owner::class : (string) $owner;
	}

	private static function is_replaced( string $name ): bool {
		return function_exists( $name ) && realpath( ABSPATH . WPINC . '/pluggable.php' ) !== realpath( (string) ( new \ReflectionFunction( $name ) )->getFileName() );
	}
}
