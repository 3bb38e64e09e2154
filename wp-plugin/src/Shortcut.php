<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * Answers plain requests to the memory's routes once everything is initialised, before WordPress parses the request and sets
 * its REST server up, which takes longer than the memory.
 *
 * Every plugin, the theme and the user are loaded by then. Whatever asks for more than a plain answer goes on to the REST
 * server, and to Proxy::answer() there: other methods, envelopes, a choice of fields, scripts, application passwords, other
 * origins, and requests that another plugin wants to see.
 */
final class Shortcut {
	private const EXTRAS = array( '_method', '_envelope', '_embed', '_fields', '_jsonp', '_pretty' );

	/**
	 * Answers a request, if it is a plain one to one of the memory's routes, and ends it. Hooked to init, after all others.
	 */
	public static function take(): void {
		$path   = self::rest_route();
		$method = $_SERVER['REQUEST_METHOD'] ?? ''; // phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- compared with two words.
		$route  = in_array( $method, array( 'GET', 'POST' ), true ) ? Route::match( $method, $path ) : null;
		if ( null === $route || ! self::is_plain() ) {
			return;
		}
		self::finish( $route, $method, $path );
	}

	/**
	 * Answers a plain request, and ends it.
	 *
	 * @param string $path the REST route, as WordPress would find it.
	 */
	public static function finish( Route $route, string $method, string $path ): never {
		if ( ! defined( 'REST_REQUEST' ) ) {
			define( 'REST_REQUEST', true ); // From here on it is one to every plugin, and is answered here.
		}
		$GLOBALS['wp']->set_query_var( 'rest_route', $path ); // What WordPress would find, for whoever looks.
		/** This filter is documented in wp-includes/rest-api/class-wp-rest-server.php */
		$checked = apply_filters( 'rest_authentication_errors', null );
		if ( is_wp_error( $checked ) && ! did_action( 'init' ) ) { // On the early exit the site's language is not loaded yet.
			load_default_textdomain();
			$checked = apply_filters( 'rest_authentication_errors', null );
		}
		self::send( is_wp_error( $checked ) ? self::refusal( $checked ) : self::answer( $route, $method, $path ) );
		exit;
	}

	private static function answer( Route $route, string $method, string $path ): ProxiedResponse {
		$request = new \WP_REST_Request( $method, $path );
		$request->set_query_params( wp_unslash( $_GET ) ); // phpcs:ignore WordPress.Security.NonceVerification -- checked above.
		$request->set_headers( self::headers() );
		$request->set_body( (string) file_get_contents( 'php://input' ) );
		return Bridge::proxy()->serve( $route, $request );
	}

	private static function refusal( \WP_Error $error ): ProxiedResponse {
		Visitor::keep_out_of_page_caches();
		$response = rest_convert_error_to_response( $error );
		return ProxiedResponse::of( $response->get_data(), $response->get_status() );
	}

	/**
	 * Returns the REST route that is asked for, as WordPress would find it; '' for none, and for what is not plainly written.
	 */
	public static function rest_route(): string {
		// phpcs:disable WordPress.Security -- compared with the routes' names alone.
		if ( isset( $_GET['rest_route'] ) || ! get_option( 'permalink_structure' ) ) {
			return is_string( $_GET['rest_route'] ?? null ) ? $_GET['rest_route'] : '';
		}
		$path = strtok( $_SERVER['REQUEST_URI'] ?? '', '?' );
		// phpcs:enable
		$prefix = untrailingslashit( (string) wp_parse_url( get_option( 'home' ), PHP_URL_PATH ) ) . '/' . rest_get_url_prefix();
		return str_starts_with( (string) $path, $prefix . '/' ) ? substr( $path, strlen( $prefix ) ) : '';
	}

	/**
	 * Says whether a request asks for no more than an answer.
	 */
	public static function is_plain(): bool {
		return ! isset( $_POST['rest_route'] ) && ! array_intersect_key( $_GET, array_flip( self::EXTRAS ) ) // phpcs:ignore WordPress.Security.NonceVerification -- looked for, not used.
			&& ! isset( $_SERVER['HTTP_X_HTTP_METHOD_OVERRIDE'] )
			&& ! isset( $_SERVER['HTTP_AUTHORIZATION'] ) && ! isset( $_SERVER['REDIRECT_HTTP_AUTHORIZATION'] ) && ! isset( $_SERVER['PHP_AUTH_USER'] )
			&& self::is_from_here( (string) get_http_origin() )
			&& self::nobody_else_looks();
	}

	/**
	 * Says whether a browser would hand the answer to the page without asking who may read it.
	 */
	private static function is_from_here( string $origin ): bool {
		$scheme = is_ssl() ? 'https' : 'http';
		return '' === $origin || strtolower( $origin ) === strtolower( "$scheme://" . ( $_SERVER['HTTP_HOST'] ?? '' ) ); // phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- compared.
	}

	/**
	 * Says whether nobody but WordPress and this plugin looks at REST requests before they are answered.
	 */
	private static function nobody_else_looks(): bool {
		global $wp_filter;
		$hooked = array_merge( ...array_values( $wp_filter['rest_pre_dispatch']->callbacks ?? array() ) );
		unset( $hooked['rest_handle_options_request'] );
		return count( $hooked ) <= ( defined( 'HOMA_BRIDGE_VERSION' ) ? 1 : 0 ); // This plugin's own comes with it.
	}

	/** @return array<string, string> */
	private static function headers(): array {
		$known = array( 'content-type' => 'CONTENT_TYPE', 'referer' => 'HTTP_REFERER' );
		return array_filter( array_map( static fn( string $name ): string => wp_unslash( $_SERVER[ $name ] ?? '' ), $known ) ); // phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- the service takes care.
	}

	private static function send( ProxiedResponse $response ): void {
		status_header( $response->get_status() );
		header( 'Content-Type: application/json; charset=UTF-8' );
		header( 'X-Content-Type-Options: nosniff' );
		header( 'X-Robots-Tag: noindex' );
		foreach ( $response->get_headers() as $name => $value ) {
			header( "$name: $value" );
		}
		echo $response->json; // phpcs:ignore WordPress.Security.EscapeOutput -- JSON, sent as such.
	}
}
