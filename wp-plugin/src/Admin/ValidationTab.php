<?php

declare( strict_types = 1 );

namespace HomaBridge\Admin;

use HomaBridge\OwnerRoutes;
use HomaBridge\Route;

/**
 * Settings → Homa Bridge → Validation: the page that comes with the service, in a frame, speaking as the user who looks at it.
 */
final class ValidationTab {
	public const SLUG = 'validation';

	private const ACTION = 'homa_bridge_validation';

	/** As the service sends them, but for who may frame the page. */
	private const HEADERS = array(
		'Content-Type'            => 'text/html; charset=utf-8',
		'Content-Security-Policy' => "frame-ancestors 'self'",
		'X-Frame-Options'         => 'SAMEORIGIN',
		'X-Content-Type-Options'  => 'nosniff',
		'Referrer-Policy'         => 'same-origin', // The page tells the memory its own address by it.
	);

	public static function add_hooks(): void {
		add_action( 'admin_post_' . self::ACTION, array( self::class, 'send_page' ) );
	}

	public static function is_open(): bool {
		return self::SLUG === ( $_GET['tab'] ?? '' ); // phpcs:ignore WordPress.Security.NonceVerification -- it changes nothing.
	}

	public static function show(): void {
		$address = admin_url( 'admin-post.php?action=' . self::ACTION );
		printf(
			'<p>%s <a href="%s" target="_blank" rel="noopener">%s</a></p>',
			esc_html__( 'Every button sends a real request to this site’s memory. Here you are its visitor: what you type is stored under your own user.', 'homa-bridge' ),
			esc_url( $address ),
			esc_html__( 'Open it in a tab of its own', 'homa-bridge' )
		);
		printf( '<iframe id="homa-bridge-validation" src="%s" title="%s"></iframe>', esc_url( $address ), esc_attr__( 'Validation page', 'homa-bridge' ) );
	}

	/**
	 * Sends the page with what it needs to speak as the current user. Hooked to admin_post_….
	 */
	public static function send_page(): never {
		if ( ! current_user_can( Screen::CAPABILITY ) ) {
			wp_die( esc_html__( 'Sorry, you are not allowed to see the memory’s validation page.', 'homa-bridge' ), 403 );
		}
		$file = dirname( HOMA_BRIDGE_FILE ) . '/validate.html';
		if ( ! is_readable( $file ) ) {
			wp_die( esc_html__( 'The plugin’s file validate.html is missing. Install the plugin again, from the zip file that homa-bridge plugin-zip writes.', 'homa-bridge' ), 500 );
		}
		nocache_headers();
		header( 'Cache-Control: no-store' ); // It holds a nonce.
		foreach ( self::HEADERS as $name => $value ) {
			header( "$name: $value" );
		}
		$page   = (string) file_get_contents( $file ); // phpcs:ignore WordPress.WP.AlternativeFunctions -- a file of the plugin's own.
		$script = '<script>window.homaConfig = ' . wp_json_encode( self::config(), JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_UNESCAPED_SLASHES ) . ';</script>';
		list( $head, $rest ) = explode( '</head>', $page, 2 ) + array( 1 => '' );
		echo $head . $script . '</head>' . $rest; // phpcs:ignore WordPress.Security.EscapeOutput -- the plugin's own page, and JSON in which nothing ends the script.
		exit;
	}

	/**
	 * Returns what the site's script reads, and what this page needs beyond it.
	 *
	 * @return array<string, string>
	 */
	private static function config(): array {
		return array(
			'restUrl'    => rest_url( Route::REST_NAMESPACE ),
			'nonce'      => wp_create_nonce( 'wp_rest' ),
			'statusUrl'  => OwnerRoutes::address( '/status' ),
			'previewUrl' => OwnerRoutes::address( '/preview' ),
			'timeZone'   => wp_timezone_string(),
			'language'   => str_starts_with( get_user_locale(), 'fa' ) ? 'fa' : 'en',
		);
	}
}
