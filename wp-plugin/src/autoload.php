<?php
/**
 * Loads this plugin's classes when they are first named, each from the file of its name.
 */

spl_autoload_register(
	static function ( $name ) {
		if ( 0 === strpos( $name, 'HomaBridge\\' ) ) {
			$file = __DIR__ . '/' . str_replace( '\\', '/', substr( $name, 11 ) ) . '.php';
			if ( is_file( $file ) ) {
				require $file;
			}
		}
	}
);
