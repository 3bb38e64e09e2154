<?php

declare( strict_types = 1 );

namespace HomaBridge\Admin;

use HomaBridge\Unreachable;

/**
 * Tells the next step where the service was not reached when the plugin was activated, until it is, or the notice is
 * dismissed.
 */
final class ActivationNotice {
	public const OPTION = 'homa_bridge_notice';

	private const SCREENS = array( 'plugins', 'dashboard' );

	public static function add_hooks(): void {
		add_action( 'admin_notices', array( self::class, 'show' ) );
	}

	/**
	 * Has the notice shown from now on.
	 */
	public static function note( Unreachable $failure ): void {
		update_option( self::OPTION, array( 'kind' => $failure->kind, 'detail' => $failure->getMessage() ), true );
	}

	public static function dismiss(): void {
		update_option( self::OPTION, '', true );
	}

	/**
	 * Shows the notice. Asks nothing of the service; its own screen tells how it is by now.
	 */
	public static function show(): void {
		$failure = get_option( self::OPTION, '' );
		$screen  = get_current_screen();
		if ( ! is_array( $failure ) || ! current_user_can( Screen::CAPABILITY ) || null === $screen || ! in_array( $screen->id, array( ...self::SCREENS, Screen::HOOK ), true ) ) {
			return;
		}
		$why = Explanation::of( (string) $failure['kind'], (string) $failure['detail'] );
		printf(
			'<div class="notice notice-warning is-dismissible homa-bridge-activation"><p><strong>%1$s</strong> %2$s</p><p>%3$s</p><p>%4$s</p></div>',
			esc_html__( 'Homa Bridge is active, but its service was not reached:', 'homa-bridge' ),
			Markup::rich( $why->what ), // phpcs:ignore WordPress.Security.EscapeOutput -- HTML, escaped there.
			Markup::rich( $why->remedy ), // phpcs:ignore WordPress.Security.EscapeOutput -- as above.
			self::links( $screen->id ) // phpcs:ignore WordPress.Security.EscapeOutput -- as above.
		);
	}

	private static function links( string $screen ): string {
		$dismiss = sprintf( '<a href="%s">%s</a>', esc_url( Actions::address( 'dismiss' ) ), esc_html__( 'Do not show this again', 'homa-bridge' ) );
		if ( Screen::HOOK === $screen ) {
			return $dismiss;
		}
		return sprintf( '<a class="button" href="%s">%s</a> %s', esc_url( Screen::address() ), esc_html__( 'Settings of Homa Bridge', 'homa-bridge' ), $dismiss );
	}
}
