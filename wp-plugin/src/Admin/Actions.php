<?php

declare( strict_types = 1 );

namespace HomaBridge\Admin;

use HomaBridge\Bridge;
use HomaBridge\Call;
use HomaBridge\PreviousSecret;
use HomaBridge\Settings;
use HomaBridge\Unreachable;

/**
 * What the screen's buttons do. Each tells the result on the screen's next view.
 */
final class Actions {
	private const PREFIX = 'homa_bridge_';
	private const NAMES  = array( 'test', 'tables', 'hand_over', 'forget', 'new_secret', 'forget_secret', 'early_on', 'early_off', 'dismiss' );

	private const HAND_OVER_SECONDS = 20;

	public static function add_hooks(): void {
		foreach ( self::NAMES as $name ) {
			add_action( 'admin_post_' . self::PREFIX . $name, static fn() => self::handle( $name ) );
		}
	}

	/**
	 * Returns a button's form.
	 *
	 * @param string $name  one of NAMES.
	 * @param string $class of the button, in addition.
	 */
	public static function form( string $name, string $class = '' ): string {
		return sprintf(
			'<form method="post" action="%1$s"><input type="hidden" name="action" value="%2$s"><input type="hidden" name="_wpnonce" value="%3$s"><button type="submit" class="button %4$s">%5$s</button></form>',
			esc_url( admin_url( 'admin-post.php' ) ),
			esc_attr( self::PREFIX . $name ),
			esc_attr( wp_create_nonce( self::PREFIX . $name ) ), // Not wp_nonce_field(): one page has several, and an id must be unique.
			esc_attr( $class ),
			esc_html( self::label( $name ) )
		);
	}

	/**
	 * Returns the address of an action as a link.
	 */
	public static function address( string $name ): string {
		return wp_nonce_url( admin_url( 'admin-post.php?action=' . self::PREFIX . $name ), self::PREFIX . $name );
	}

	private static function label( string $name ): string {
		return match ( $name ) {
			'test'          => __( 'Test the connection', 'homa-bridge' ),
			'tables'        => __( 'Create the missing tables', 'homa-bridge' ),
			'hand_over'     => __( 'Hand over now', 'homa-bridge' ),
			'forget'        => __( 'Forget them', 'homa-bridge' ),
			'new_secret'    => __( 'Make a new secret', 'homa-bridge' ),
			'forget_secret' => __( 'Forget the previous secret', 'homa-bridge' ),
			'early_on'      => __( 'Install the early exit', 'homa-bridge' ),
			'early_off'     => __( 'Remove the early exit', 'homa-bridge' ),
		};
	}

	private static function handle( string $name ): never {
		if ( ! current_user_can( Screen::CAPABILITY ) ) {
			wp_die( esc_html__( 'Sorry, you are not allowed to change the memory’s settings.', 'homa-bridge' ), 403 );
		}
		check_admin_referer( self::PREFIX . $name );
		$message = self::{ $name }();
		if ( null !== $message ) {
			$message->keep();
		}
		wp_safe_redirect( null === $message ? ( wp_get_referer() ?: admin_url() ) : Screen::address() );
		exit;
	}

	private static function test(): Message {
		$status = ServiceStatus::ask();
		if ( ! $status->is_there() ) {
			return Message::of_failure( $status->explanation(), $status->detail );
		}
		Bridge::breaker()->close();
		ActivationNotice::dismiss();
		$findings = Examination::findings( $status );
		$level    = Finding::worst( $findings );
		/* translators: %s: version. */
		$works = sprintf( __( 'The connection works: homa-bridge %s answers.', 'homa-bridge' ), $status->text( 'version' ) );
		return Finding::GOOD === $level
			? new Message( 'success', $works . ' ' . self::database( $status ) )
			: new Message( 'warning', $works, __( 'What is still to be looked at is in the list below.', 'homa-bridge' ) );
	}

	private static function database( ServiceStatus $status ): string {
		return sprintf(
			/* translators: 1: database such as “MariaDB 10.11.6”, 2: number of tables. */
			__( 'Its database is `%1$s`, with %2$s tables.', 'homa-bridge' ),
			$status->database( 'kind' ) . ' ' . $status->database( 'version' ),
			number_format_i18n( count( array_filter( $status->tables(), static fn( array $table ): bool => $table['exists'] ) ) )
		);
	}

	private static function tables(): Message {
		try {
			$answer = ServiceStatus::send( Call::post( '/internal/tables', array() ) );
		} catch ( Unreachable $failure ) {
			return Message::of_failure( Explanation::of( $failure->kind, $failure->getMessage() ), $failure->getMessage() );
		}
		$kind = ServiceStatus::failure( $answer );
		if ( null !== $kind ) {
			return Message::of_failure( Explanation::of( $kind ), ServiceStatus::detail( $answer ) );
		}
		return new Message( 'success', __( 'The tables are there.', 'homa-bridge' ) );
	}

	private static function hand_over(): Message {
		$status = ServiceStatus::ask();
		if ( ! $status->is_there() ) {
			return Message::of_failure( $status->explanation(), $status->detail );
		}
		Bridge::breaker()->close();
		$before = Bridge::outbox()->count();
		Bridge::service()->be_patient();
		Bridge::outbox()->drain( self::HAND_OVER_SECONDS );
		$left = Bridge::outbox()->count();
		$done = max( 0, $before - $left );
		/* translators: %s: number of writes. */
		$what = sprintf( _n( '%s write has been handed over.', '%s writes have been handed over.', $done, 'homa-bridge' ), number_format_i18n( $done ) );
		if ( 0 === $left ) {
			return new Message( 'success', $what );
		}
		/* translators: %s: number of writes. */
		$rest = sprintf( _n( '%s write is left.', '%s writes are left.', $left, 'homa-bridge' ), number_format_i18n( $left ) );
		return new Message( 'warning', "$what $rest", __( 'Press the button again; if nothing moves, the recent failures say why.', 'homa-bridge' ) );
	}

	private static function forget(): Message {
		Bridge::failures()->forget();
		return new Message( 'success', __( 'The failures are forgotten.', 'homa-bridge' ) );
	}

	private static function new_secret(): Message {
		if ( Bridge::settings()->has_fixed_secret() ) {
			return new Message( 'error', __( 'The secret is set in `wp-config.php` and can only be changed there.', 'homa-bridge' ) );
		}
		update_option( Settings::SECRET, bin2hex( random_bytes( 32 ) ), true );
		return new Message( 'warning', __( 'The new secret is shown this once:', 'homa-bridge' ), has_secret: true );
	}

	private static function forget_secret(): Message {
		$status = ServiceStatus::ask();
		if ( ! $status->is_there() ) {
			return Message::of_failure( $status->explanation(), $status->detail );
		}
		if ( Bridge::service()->goes_by_previous_secret() ) {
			return Message::of_failure( Explanation::of( Explanation::PREVIOUS ), '' );
		}
		PreviousSecret::forget();
		return new Message( 'success', __( 'The previous secret is forgotten.', 'homa-bridge' ), __( 'The service accepts it until it is restarted.', 'homa-bridge' ) );
	}

	private static function early_on(): Message {
		return EarlyExit::switch_on();
	}

	private static function early_off(): Message {
		return EarlyExit::switch_off();
	}

	private static function dismiss(): ?Message {
		ActivationNotice::dismiss();
		return null;
	}
}
