<?php

declare( strict_types = 1 );

namespace HomaBridge\Early;

use HomaBridge\Hooks;
use HomaBridge\Route;
use HomaBridge\Shortcut;

/**
 * Answers the memory's routes as soon as WordPress itself and the must-use plugins are loaded: the early exit.
 *
 * It takes what is canonical and plain alone. Everything else is left untouched for the ordinary way, on which every plugin
 * is asked; so nothing is loaded here before it is sure that the request ends here.
 */
final class Way {
	/** By these other plugins know requests of their own, and may tell who sends them. */
	private const OF_OTHERS = array( '_for', 'consumer_key', 'oauth_consumer_key' );

	/**
	 * Answers a request and ends it, if it may. Called at muplugins_loaded, after all others.
	 */
	public static function take(): void {
		$method = $_SERVER['REQUEST_METHOD'] ?? ''; // phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- compared.
		$path   = isset( $_GET['rest_route'] ) || ! get_option( 'permalink_structure' ) ? '' : Shortcut::rest_route(); // phpcs:ignore WordPress.Security.NonceVerification -- looked for, not used.
		$route  = in_array( $method, array( 'GET', 'POST' ), true ) ? Route::match( $method, $path ) : null;
		if ( null === $route || $route->rest_route() !== $path || ! Shortcut::is_plain() || ! self::is_simple() || ! Permit::holds() ) {
			return;
		}
		self::prepare();
		Shortcut::finish( $route, $method, $path );
	}

	/**
	 * Says whether what plugins and wp-admin do to a request later makes no difference to it.
	 */
	private static function is_simple(): bool {
		$type     = strtolower( $_SERVER['CONTENT_TYPE'] ?? '' ); // phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- compared.
		$is_whole = ! str_contains( $type, 'multipart/' ); // PHP has taken such a body apart.
		$is_sure  = is_ssl() || ! str_starts_with( (string) get_option( 'home' ), 'https:' ); // A plugin may know better.
		$is_own   = ! array_intersect_key( $_GET, array_flip( self::OF_OTHERS ) ); // phpcs:ignore WordPress.Security.NonceVerification -- looked for, not used.
		return $is_whole && $is_sure && $is_own && ! preg_grep( '/^wordpress_rec_/', array_keys( $_COOKIE ) ); // Recovery mode leaves plugins out.
	}

	/**
	 * Makes up for what WordPress does between this moment and its ordinary way.
	 */
	private static function prepare(): void {
		if ( is_multisite() ) {
			ms_cookie_constants();
		}
		wp_cookie_constants();
		require_once ABSPATH . WPINC . '/pluggable.php';
		wp_set_internal_encoding();
		wp_magic_quotes();
		$GLOBALS['wp'] ??= new \WP();
		// Setting the REST server up has all its routes registered, which only needs to be done for others than these.
		$GLOBALS['wp_rest_server'] ??= new \WP_REST_Server();
		Hooks::add_to_answers();
	}
}
