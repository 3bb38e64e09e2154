<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * Writes to PHP's error log, each line with the request's id. Nothing that a visitor typed gets there.
 */
final class Log {
	public const PREFIX = 'homa-bridge: ';

	/**
	 * @param string $what in a few words.
	 */
	public static function write( string $what ): void {
		$line = preg_replace( '/[\x00-\x1f\x7f]+/', ' ', $what );
		error_log( self::PREFIX . '[' . RequestId::current() . "] $line" ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions -- for whoever runs the site.
	}
}
