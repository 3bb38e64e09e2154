<?php
/**
 * What the plugin does in a request.
 *
 * @package HomayeTabesh
 */

declare( strict_types=1 );

namespace HomayeTabesh;

/**
 * Starts the parts that are not the memory, and the memory's routes.
 */
final class HT_Core {

	/** Runs at plugins_loaded. */
	public static function boot(): void {
		HT_Vault_REST_API::init();
		HT_Assistant::init();
		HT_Products::init();
		add_action( 'homa_cleanup_expired_sessions', array( HT_Vault_Manager::class, 'cleanup_expired_sessions' ) );
	}
}
