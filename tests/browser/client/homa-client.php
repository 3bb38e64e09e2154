<?php
/**
 * Plugin Name: Homa Client
 * Description: A shop's pages as the site's own script finds them: a form, a chat, a category on the body, and the configuration. Its nonce is whatever WordPress hands to whoever asks for the page. ?homa=bare leaves the configuration out.
 */

declare( strict_types = 1 );

add_filter( 'show_admin_bar', '__return_false' ); // its portrait of the user comes from another host

add_action(
	'wp_enqueue_scripts',
	static function (): void {
		$folder = content_url( 'mu-plugins/homa-client/' );
		wp_enqueue_script( 'homa-vault', $folder . 'homa-vault.js', array(), '1', true );
		wp_enqueue_script( 'homa-shop', $folder . 'shop.js', array( 'homa-vault' ), '1', true );
		if ( 'bare' !== ( $_GET['homa'] ?? '' ) ) {
			$settings = array(
				'restUrl' => untrailingslashit( rest_url( 'homaye-tabesh/v1' ) ),
				'nonce'   => wp_create_nonce( 'wp_rest' ),
			);
			wp_add_inline_script( 'homa-vault', 'const homaConfig = window.homaConfig = ' . wp_json_encode( $settings ) . ';', 'before' );
		}
	}
);

add_filter( 'template_include', static fn( string $template ): string => is_page() ? __DIR__ . '/homa-client/page.php' : $template );
