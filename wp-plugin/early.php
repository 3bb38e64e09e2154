<?php
/**
 * What the must-use plugin loads before other plugins. It waits until all must-use plugins are there, so that what they filter
 * is asked as ever; a network's plugins, too.
 *
 * Written so that every PHP can read it: the server's may be older than this plugin needs.
 *
 * @package HomaBridge
 */

if ( ! defined( 'ABSPATH' ) || PHP_VERSION_ID < 80200 ) {
	return;
}

add_action(
	'muplugins_loaded',
	static function () {
		// Who asks, before other plugins may correct it: Early\Objections compares.
		define( 'HOMA_BRIDGE_EARLY', array( isset( $_SERVER['REMOTE_ADDR'] ) ? $_SERVER['REMOTE_ADDR'] : '', is_ssl() ) );
		if ( isset( $_SERVER['REQUEST_URI'] ) && false !== strpos( $_SERVER['REQUEST_URI'], '/homaye-tabesh/v1/' ) ) {
			require_once __DIR__ . '/src/autoload.php';
			HomaBridge\Early\Way::take();
		}
	},
	PHP_INT_MAX
);
