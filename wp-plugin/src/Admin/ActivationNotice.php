<?php

declare( strict_types = 1 );

namespace HomaBridge\Admin;

use HomaBridge\Answer;

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
	 * Takes note of the service's first answer.
	 */
	public static function note_answer( Answer $answer ): void {
		if ( $answer->is_success() ) {
			self::dismiss();
		} else {
			self::note( (string) ServiceStatus::failure( $answer ), ServiceStatus::detail( $answer ) );
		}
	}

	/**
	 * Has the notice shown from now on.
	 *
	 * @param string $kind   of failure, one that Explanation knows.
	 * @param string $detail in a few words.
	 */
	public static function note( string $kind, string $detail ): void {
		update_option( self::OPTION, array( 'kind' => $kind, 'detail' => $detail ), true );
	}

	public static function dismiss(): void {
		update_option( self::OPTION, '', true );
	}

	/**
	 * Shows the notice. Asks nothing of the service; the plugin's own screen tells how it is by now.
	 */
	public static function show(): void {
		$failure = get_option( self::OPTION, '' );
		$screen  = get_current_screen();
		if ( ! is_array( $failure ) || ! current_user_can( Screen::CAPABILITY ) || null === $screen || ! in_array( $screen->id, self::SCREENS, true ) ) {
			return;
		}
		$why = Explanation::of( (string) $failure['kind'], (string) $failure['detail'] );
		printf(
			'<div class="notice notice-warning is-dismissible homa-bridge-activation"><p><strong>%1$s</strong> %2$s</p><p>%3$s</p><p><a class="button" href="%4$s">%5$s</a> <a href="%6$s">%7$s</a></p></div>',
			esc_html__( 'Homa Bridge is active, but does not work yet:', 'homa-bridge' ),
			Markup::rich( $why->what ), // phpcs:ignore WordPress.Security.EscapeOutput -- HTML, escaped there.
			Markup::rich( $why->remedy ), // phpcs:ignore WordPress.Security.EscapeOutput -- as above.
			esc_url( Screen::address() ),
			esc_html__( 'Settings of Homa Bridge', 'homa-bridge' ),
			esc_url( Actions::address( 'dismiss' ) ),
			esc_html__( 'Do not show this again', 'homa-bridge' )
		);
	}
}
