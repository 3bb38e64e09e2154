<?php
/**
 * Runs the PHP code of the standard input inside a loaded WordPress, as php-cli does it for a plugin or a cron job.
 *
 * Arguments: the WordPress folder, the site's host with its port, a file for PHP's and WordPress's complaints, and 1 if
 * the site is only being installed.
 */

list( , $homa_folder, $homa_host, $homa_log, $homa_installing ) = $argv;

define( 'WP_DEBUG_LOG', $homa_log );
define( 'WP_DISABLE_FATAL_ERROR_HANDLER', true ); // it would exit with 0
if ( '1' === $homa_installing ) {
	define( 'WP_INSTALLING', true );
}

$_SERVER['HTTP_HOST']       = $homa_host;
$_SERVER['SERVER_NAME']     = '127.0.0.1';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REQUEST_METHOD']  = 'GET';
$_SERVER['REQUEST_URI']     = '/';
$_SERVER['REMOTE_ADDR']     = '127.0.0.1';

require $homa_folder . '/wp-load.php';
eval( stream_get_contents( STDIN ) );
