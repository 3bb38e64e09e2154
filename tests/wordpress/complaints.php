<?php
/**
 * Keeps WordPress's complaints about itself out of the log, so that a plugin's are seen.
 *
 * Debian's WordPress is older than its PHP, which deprecates what that does; and it is cut off from WordPress.org. What
 * a plugin has a hand in is logged: a null that a plugin hands to trim() by way of WordPress, too.
 */

set_error_handler(
	static function ( int $level, string $message, string $file ): bool {
		$is_core = static fn( string $path ): bool => defined( 'ABSPATH' )
			&& ( str_starts_with( $path, ABSPATH . 'wp-includes/' ) || str_starts_with( $path, ABSPATH . 'wp-admin/' ) );
		if ( ! $is_core( $file ) ) {
			return false;
		}
		if ( E_DEPRECATED !== $level ) {
			return str_contains( $message, 'Something may be wrong with WordPress.org' );
		}
		if ( str_starts_with( $message, 'Return type of ' ) || str_starts_with( $message, 'Creation of dynamic property ' ) || str_starts_with( $message, 'Optional parameter ' ) ) {
			return true; // it is the declaration that is old, whoever is the first to use the class
		}
		foreach ( debug_backtrace( DEBUG_BACKTRACE_IGNORE_ARGS ) as $frame ) {
			$path = $frame['file'] ?? ABSPATH;
			if ( ! str_starts_with( $path, ABSPATH ) || str_starts_with( $path, ABSPATH . 'wp-content/plugins/' ) ) {
				return false;
			}
		}
		return true;
	}
);
