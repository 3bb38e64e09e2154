<?php
/**
 * Plugin Name: Homaye Tabesh
 * Description: A stand-in for the assistant's plugin: the same class names, routes, tables and cron job, and a log of each call that its own memory classes serve.
 * Version:     1.0.0
 *
 * It is made for the tests from the documented names alone; nothing of it is the original's code.
 *
 * @package HomayeTabesh
 */

declare( strict_types=1 );

namespace HomayeTabesh;

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

/**
 * Notes that one of this plugin's own memory classes was at work: the tests want the file absent while another serves.
 *
 * @param string $method The method that runs.
 */
function served( string $method ): void {
	file_put_contents( WP_CONTENT_DIR . '/host-served.log', $method . "\n", FILE_APPEND | LOCK_EX );
}

// The original comes with either kind of autoloader, and they take their turns differently.
require __DIR__ . '/loaders/' . ( 'composer' === get_option( 'homaye_tabesh_loader' ) ? 'composer' : 'own' ) . '.php';

register_activation_hook( __FILE__, array( HT_Installation::class, 'activate' ) );
register_deactivation_hook( __FILE__, array( HT_Installation::class, 'deactivate' ) );

add_action( 'plugins_loaded', array( HT_Core::class, 'boot' ) );
