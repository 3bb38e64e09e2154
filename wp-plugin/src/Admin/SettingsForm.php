<?php

declare( strict_types = 1 );

namespace HomaBridge\Admin;

use HomaBridge\Bridge;
use HomaBridge\Settings;

/**
 * The settings that the owner can save, through WordPress's Settings API.
 */
final class SettingsForm {
	private const GROUP = 'homa_bridge';

	/**
	 * Registers the settings. Hooked to admin_init.
	 */
	public static function register(): void {
		register_setting( self::GROUP, Settings::ADDRESS, array( 'sanitize_callback' => array( self::class, 'clean_address' ) ) );
		register_setting( self::GROUP, Settings::SECRET, array( 'sanitize_callback' => array( self::class, 'clean_secret' ) ) );
		register_setting( self::GROUP, Settings::REMOVE_TABLES, array( 'sanitize_callback' => static fn( mixed $value ): string => $value ? '1' : '' ) );

		add_settings_section( self::GROUP, '', '__return_null', Screen::SLUG );
		self::add_field( Settings::ADDRESS, __( 'Service address', 'homa-bridge' ), array( self::class, 'show_address' ) );
		self::add_field( Settings::SECRET, __( 'Secret', 'homa-bridge' ), array( self::class, 'show_secret' ) );
		add_settings_field( Settings::REMOVE_TABLES, __( 'When the plugin is deleted', 'homa-bridge' ), array( self::class, 'show_removal' ), Screen::SLUG, self::GROUP );
	}

	public static function show(): void {
		echo '<form method="post" action="' . esc_url( admin_url( 'options.php' ) ) . '">';
		settings_fields( self::GROUP );
		do_settings_sections( Screen::SLUG );
		submit_button();
		echo '</form>';
	}

	/**
	 * Returns an address in its one form, or the old one where what was typed is none. '' stands for the default.
	 */
	public static function clean_address( mixed $typed ): string {
		$old = (string) get_option( Settings::ADDRESS, '' );
		if ( ! is_string( $typed ) || Bridge::settings()->has_fixed_address() ) {
			return $old; // The field is disabled, so nothing was sent.
		}
		$clean = '' === trim( $typed ) ? '' : Settings::clean_address( $typed );
		if ( null === $clean ) {
			/* translators: %s: what was typed. */
			$text = sprintf( __( '`%s` is no address of a service; the old one stays. Write `http://host:port`, `https://host` or `unix:/path/to/socket`.', 'homa-bridge' ), $typed );
			self::tell( Settings::ADDRESS, $text, 'error' );
		}
		return $clean ?? $old;
	}

	/**
	 * Returns a secret, or the old one where none was typed or it is too weak.
	 */
	public static function clean_secret( mixed $typed ): string {
		$old = (string) get_option( Settings::SECRET, '' );
		if ( ! is_string( $typed ) || '' === trim( $typed ) || trim( $typed ) === $old || Bridge::settings()->has_fixed_secret() ) {
			return $old;
		}
		if ( ! preg_match( '/\A[!-~]{' . Settings::SECRET_LENGTH . ',}\z/', trim( $typed ) ) ) {
			/* translators: %d: number of characters. */
			self::tell( Settings::SECRET, sprintf( __( 'The secret needs at least %d characters: Latin letters, digits and signs without blanks. The old one stays.', 'homa-bridge' ), Settings::SECRET_LENGTH ), 'error' );
			return $old;
		}
		self::tell( Settings::SECRET, __( 'The secret is saved.', 'homa-bridge' ) . ' ' . self::where_to_set_it(), 'success' );
		return trim( $typed );
	}

	/**
	 * Says where the service gets the secret from.
	 */
	public static function where_to_set_it(): string {
		return __( 'Set the same on the service as `HOMA_SHARED_SECRET` and restart it. A service with `HOMA_WP_CONFIG` reads it from this site and only needs the restart. Until then both sides go on with the previous one.', 'homa-bridge' );
	}

	public static function show_address(): void {
		$settings = Bridge::settings();
		$is_fixed = $settings->has_fixed_address();
		printf(
			'<input type="text" id="%1$s" name="%1$s" value="%2$s" placeholder="%3$s" class="regular-text code" dir="ltr" spellcheck="false" autocomplete="off" aria-describedby="%1$s-hint"%4$s>',
			esc_attr( Settings::ADDRESS ),
			esc_attr( $is_fixed ? $settings->address() : (string) get_option( Settings::ADDRESS, '' ) ),
			esc_attr( Settings::DEFAULT_ADDRESS ),
			$is_fixed ? ' disabled' : ''
		);
		self::show_hint(
			Settings::ADDRESS,
			$is_fixed
				? __( '`HOMA_BRIDGE_ADDRESS` in `wp-config.php` sets it; change it there.', 'homa-bridge' )
				: __( 'Where this server reaches the service: `http://host:port`, `https://host` or `unix:/path/to/socket`. On the same machine the default will do.', 'homa-bridge' )
		);
	}

	public static function show_secret(): void {
		$is_fixed = Bridge::settings()->has_fixed_secret();
		printf(
			'<input type="password" id="%1$s" name="%1$s" value="" class="regular-text code" dir="ltr" minlength="%2$d" autocomplete="new-password" aria-describedby="%1$s-hint"%3$s>',
			esc_attr( Settings::SECRET ),
			(int) Settings::SECRET_LENGTH,
			$is_fixed ? ' disabled' : ''
		);
		self::show_hint(
			Settings::SECRET,
			$is_fixed
				? __( '`HOMA_BRIDGE_SECRET` in `wp-config.php` sets it; change it there.', 'homa-bridge' )
				/* translators: %d: number of characters. */
				: sprintf( __( 'Leave it empty to keep the secret that is set. A new one needs at least %d characters.', 'homa-bridge' ), Settings::SECRET_LENGTH )
		);
	}

	public static function show_removal(): void {
		printf(
			'<label><input type="checkbox" name="%1$s" value="1" aria-describedby="%1$s-hint"%2$s> %3$s</label>',
			esc_attr( Settings::REMOVE_TABLES ),
			checked( Bridge::settings()->removes_tables(), true, false ),
			esc_html__( 'Delete the memory too: everything that visitors have typed, their interests and their chats', 'homa-bridge' )
		);
		self::show_hint( Settings::REMOVE_TABLES, __( 'Deletes the memory’s tables from this site’s database for good. Other plugins that read them lose them as well. Without it they stay as they are.', 'homa-bridge' ) );
	}

	/** @param callable $show prints the field. */
	private static function add_field( string $name, string $label, callable $show ): void {
		add_settings_field( $name, $label, $show, Screen::SLUG, self::GROUP, array( 'label_for' => $name ) );
	}

	private static function show_hint( string $name, string $text ): void {
		printf( '<p class="description" id="%s-hint">%s</p>', esc_attr( $name ), Markup::rich( $text ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- HTML, escaped there.
	}

	/**
	 * Tells a result once: WordPress cleans the value of an option that does not exist yet twice.
	 */
	private static function tell( string $name, string $text, string $level ): void {
		if ( ! get_settings_errors( $name ) ) {
			add_settings_error( $name, $name, Markup::rich( $text ), $level );
		}
	}
}
