<?php
/**
 * Plugin Name: Homa Bridge: early exit
 * Description: Has the plugin Homa Bridge answer the memory's routes before other plugins are loaded. Install and remove it under Settings → Homa Bridge.
 * Version:     1
 * License:     MIT
 *
 * Does nothing unless that plugin is active; all that it does is there.
 *
 * @package HomaBridge
 */

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

( static function () {
	$active = (array) get_option( 'active_plugins', array() );
	if ( is_multisite() ) {
		$active = array_merge( $active, array_keys( (array) get_site_option( 'active_sitewide_plugins', array() ) ) );
	}
	foreach ( $active as $plugin ) {
		$early = WP_PLUGIN_DIR . '/' . dirname( $plugin ) . '/early.php';
		if ( 'homa-bridge.php' === basename( $plugin ) && is_file( $early ) && is_file( WP_PLUGIN_DIR . '/' . $plugin ) ) {
			require $early;
			return;
		}
	}
} )();
