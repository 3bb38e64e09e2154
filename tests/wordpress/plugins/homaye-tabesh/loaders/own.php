<?php
/**
 * The plugin's own autoloader, which waits for its turn.
 *
 * @package HomayeTabesh
 */

declare( strict_types=1 );

namespace HomayeTabesh;

spl_autoload_register(
	static function ( string $name ): void {
		$file = dirname( __DIR__ ) . '/includes/' . substr( $name, strlen( __NAMESPACE__ ) + 1 ) . '.php';
		if ( str_starts_with( $name, __NAMESPACE__ . '\\' ) && is_file( $file ) ) {
			require $file;
		}
	}
);
