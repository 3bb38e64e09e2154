<?php

declare( strict_types = 1 );

namespace HomayeTabesh;

use HomaBridge\Bridge;
use HomaBridge\Hooks;

/**
 * The memory's REST routes.
 */
class HT_Vault_REST_API {
	/**
	 * Has the routes registered; this plugin does so by itself.
	 */
	public static function init(): void {
		Hooks::add_routes();
	}

	/**
	 * Registers the routes.
	 */
	public static function register_routes(): void {
		Bridge::proxy()->register();
	}
}
