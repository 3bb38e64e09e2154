<?php
/**
 * Defines the memory's classes before the plugin homaye-tabesh loads its own, which it does at plugins_loaded: whichever is
 * defined first wins, in every order of activation and with every autoloader.
 *
 * Where they exist already (this plugin is being activated while the other runs) they stay until the next request.
 */

declare( strict_types = 1 );

foreach ( array( 'HT_Vault_Manager', 'HT_Persona_Engine', 'HT_Context_Compressor', 'HT_Vault_REST_API' ) as $name ) {
	if ( ! class_exists( 'HomayeTabesh\\' . $name, false ) ) {
		require __DIR__ . '/stand-ins/' . $name . '.php';
	}
}
unset( $name );
