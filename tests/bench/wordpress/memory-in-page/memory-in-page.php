<?php
/**
 * Plugin Name: Memory in Page
 * Description: Asks for the memory's section of the prompt in the page that is called with ?memory=1, and says how long it is.
 *
 * @package MemoryInPage
 */

declare( strict_types=1 );

add_action(
	'wp_footer',
	static function (): void {
		// phpcs:ignore WordPress.Security.NonceVerification -- It changes nothing.
		if ( '1' === ( $_GET['memory'] ?? '' ) ) {
			printf( '<!-- %d bytes of memory -->', strlen( homa_bridge_memory_context() ) );
		}
	}
);
