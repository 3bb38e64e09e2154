<?php
/**
 * Removes what the plugin has left on the site, once it is deleted there.
 *
 * The memory belongs to the shop: its tables go only if the owner has ticked that. homaye_persona_scores is another plugin's and
 * stays in any case.
 *
 * @package HomaBridge
 */

declare( strict_types = 1 );

if ( ! defined( 'WP_UNINSTALL_PLUGIN' ) ) {
	exit;
}

// WordPress includes this file in a function, next to other plugins' ones: nothing here may be defined twice.
( static function (): void {
	$remove_from_site = static function (): void {
		global $wpdb;
		$tables = array( 'homa_bridge_outbox' );
		if ( get_option( 'homa_bridge_remove_tables' ) ) {
			array_push( $tables, 'homa_bridge_receipts', 'homa_bridge_locks', 'homa_bridge_summaries', 'homa_bridge_cleanups', 'homa_vault', 'homa_sessions', 'homa_user_interests', 'homaye_chat_memory' );
		}
		foreach ( $tables as $table ) {
			$wpdb->query( "DROP TABLE IF EXISTS `{$wpdb->prefix}$table`" ); // phpcs:ignore WordPress.DB -- names of our own.
		}

		delete_option( 'homa_bridge_address' );
		delete_option( 'homa_bridge_secret' );
		delete_option( 'homa_bridge_previous_secret' );
		delete_option( 'homa_bridge_remove_tables' );
		delete_option( 'homa_bridge_breaker' );
		delete_option( 'homa_bridge_failures' );
		delete_option( 'homa_bridge_notice' );
		delete_option( 'homa_bridge_outbox' );
		delete_option( 'homa_bridge_version' );
		delete_option( 'homa_bridge_early_exit' );
		delete_metadata( 'user', 0, $wpdb->get_blog_prefix() . 'homa_bridge_message', '', true );

		wp_clear_scheduled_hook( 'homa_bridge_replay_outbox' );
		$active = array_merge( (array) get_option( 'active_plugins', array() ), array_keys( (array) get_site_option( 'active_sitewide_plugins', array() ) ) );
		if ( ! preg_grep( '#^homaye-tabesh/#', $active ) && ! has_action( 'homa_cleanup_expired_sessions' ) ) { // Else that plugin needs the schedule.
			wp_clear_scheduled_hook( 'homa_cleanup_expired_sessions' );
		}
	};

	$early_exit = WPMU_PLUGIN_DIR . '/homa-bridge-early-exit.php';
	if ( is_file( $early_exit ) ) {
		wp_delete_file( $early_exit );
	}

	if ( ! is_multisite() ) {
		$remove_from_site();
		return;
	}
	foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $site ) {
		switch_to_blog( $site );
		$remove_from_site();
		restore_current_blog();
	}
} )();
