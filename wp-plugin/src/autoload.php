<?php
/**
 * Loads this plugin's classes when they are first named, each from the file of its name.
 */

spl_autoload_register(
	static function ( $name ) {
		if ( 0 === strpos( $name, 'HomaBridge\\' ) ) {
			require __DIR__ . '/' . str_replace( '\\', '/', substr( $name, 11 ) ) . '.php'; // Looking first costs as much again; a class that is not there is an error anyway.
		}
	}
);
