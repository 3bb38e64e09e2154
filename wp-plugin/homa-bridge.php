<?php
/**
 * Plugin Name:       Homa Bridge
 * Description:       The visitor memory of the shop's AI assistant: hands the memory's routes and classes to the homa-bridge service.
 * Version:           0.1.0
 * Requires at least: 6.0
 * Requires PHP:      8.2
 * License:           MIT
 * Text Domain:       homa-bridge
 * Domain Path:       /languages
 *
 * @package HomaBridge
 */

if ( ! defined( 'ABSPATH' ) || defined( 'HOMA_BRIDGE_VERSION' ) ) {
	return;
}

// WordPress checks the version when the plugin is activated; a server's PHP may be changed later.
if ( PHP_VERSION_ID < 80200 ) {
	return;
}

define( 'HOMA_BRIDGE_VERSION', '0.1.0' );
define( 'HOMA_BRIDGE_FILE', __FILE__ );

require_once __DIR__ . '/src/autoload.php';
require __DIR__ . '/src/stand-ins.php';
require __DIR__ . '/src/functions.php';

HomaBridge\Hooks::add();
