<?php

declare( strict_types = 1 );

namespace HomaBridge\Early;

/**
 * The must-use plugin's file: a copy of the one that comes with this plugin. One serves all sites of a network.
 */
final class Loader {
	private const NAME = 'homa-bridge-early-exit.php';

	// Why the file cannot be put there or taken away.
	public const FORBIDDEN = 'forbidden'; // the site's files must not be changed from within.
	public const NETWORK   = 'network';   // it is for those who manage the network.
	public const FOLDER    = 'folder';    // the folder is not PHP's to write to.

	public static function path(): string {
		return wp_normalize_path( WPMU_PLUGIN_DIR ) . '/' . self::NAME;
	}

	public static function source(): string {
		return wp_normalize_path( dirname( HOMA_BRIDGE_FILE ) ) . '/mu-plugin/' . self::NAME;
	}

	public static function is_there(): bool {
		return is_file( self::path() );
	}

	/**
	 * Says whether the file is what this version of the plugin brings.
	 */
	public static function is_current(): bool {
		return self::is_there() && file_get_contents( self::path() ) === file_get_contents( self::source() );
	}

	/**
	 * Returns why the current user cannot change the file; '' for no reason that can be seen beforehand.
	 */
	public static function obstacle(): string {
		if ( is_multisite() && ! is_super_admin() ) {
			return self::NETWORK;
		}
		if ( ! wp_is_file_mod_allowed( 'homa_bridge_early_exit' ) ) {
			return self::FORBIDDEN;
		}
		$folder = dirname( self::path() );
		return wp_is_writable( file_exists( $folder ) ? $folder : dirname( $folder ) ) && ( is_dir( $folder ) || ! file_exists( $folder ) ) ? '' : self::FOLDER;
	}

	/**
	 * Puts the file there, whole or not at all.
	 */
	public static function install(): bool {
		$unfinished = self::path() . '.new'; // WordPress loads no file of that ending.
		wp_mkdir_p( dirname( self::path() ) );
		// phpcs:disable WordPress.PHP.NoSilencedErrors, WordPress.WP.AlternativeFunctions -- the result tells; nobody is asked for FTP's password here.
		$is_done = @copy( self::source(), $unfinished ) && @rename( $unfinished, self::path() );
		if ( ! $is_done && is_file( $unfinished ) ) {
			@unlink( $unfinished );
		}
		// phpcs:enable
		self::changed();
		return $is_done;
	}

	public static function remove(): bool {
		$is_gone = ! self::is_there() || @unlink( self::path() ); // phpcs:ignore WordPress.PHP.NoSilencedErrors, WordPress.WP.AlternativeFunctions -- as above.
		self::changed();
		return $is_gone;
	}

	/**
	 * Replaces a file that another version of the plugin has put there.
	 */
	public static function renew(): void {
		if ( self::is_there() && ! self::is_current() && wp_is_file_mod_allowed( 'homa_bridge_early_exit' ) ) {
			self::install();
		}
	}

	private static function changed(): void {
		clearstatcache();
		if ( function_exists( 'opcache_invalidate' ) && ini_get( 'opcache.enable' ) && '' === (string) ini_get( 'opcache.restrict_api' ) ) {
			opcache_invalidate( self::path(), true );
		}
	}
}
