<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * What the plugin needs of the site: a secret, the outbox, the daily clean-up, and the memory's tables.
 */
final class Installation {
	public const CLEANUP_HOOK = 'homa_cleanup_expired_sessions';
	public const VERSION      = 'homa_bridge_version';

	public static function activate(): void {
		self::install();
		try {
			Admin\ActivationNotice::note_answer( Bridge::service()->test( Call::post( '/internal/tables', array() ), Bridge::visitor()->caller() ) );
		} catch ( Unreachable $failure ) {
			Bridge::failures()->note( $failure->kind, $failure->getMessage() ); // The screen tells what to do.
			Admin\ActivationNotice::note( $failure->kind, $failure->getMessage() );
		}
	}

	public static function deactivate( bool $network_wide = false ): void {
		Early\Installation::switch_off( $network_wide );
		wp_clear_scheduled_hook( Outbox::CRON_HOOK );
		remove_action( self::CLEANUP_HOOK, array( Hooks::class, 'clean_up' ) );
		if ( ! has_action( self::CLEANUP_HOOK ) ) { // Else somebody else's clean-up needs the schedule.
			wp_clear_scheduled_hook( self::CLEANUP_HOOK );
		}
	}

	/**
	 * Installs what an update, a copied folder or a new site of a network has left out.
	 */
	public static function complete(): void {
		if ( HOMA_BRIDGE_VERSION !== get_option( self::VERSION ) ) {
			self::install();
		}
	}

	private static function install(): void {
		Outbox::create();
		if ( '' === Bridge::settings()->secret() ) {
			update_option( Settings::SECRET, bin2hex( random_bytes( 32 ) ), true );
		}
		add_option( Breaker::OPTION, '' );
		add_option( Outbox::FLAG, '1' ); // Until the first look.
		add_option( Early\Permit::OPTION, '' );
		Early\Loader::renew();
		if ( ! wp_next_scheduled( self::CLEANUP_HOOK ) ) {
			wp_schedule_event( time() + HOUR_IN_SECONDS, 'daily', self::CLEANUP_HOOK );
		}
		update_option( self::VERSION, HOMA_BRIDGE_VERSION, true );
	}
}
