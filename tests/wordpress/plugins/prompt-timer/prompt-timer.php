<?php
/**
 * Plugin Name: Prompt Timer
 * Description: Asks for the memory as a page does, and says how long that took: admin-ajax.php?action=prompt_timer. The page /?token=1 makes sure of a token. Says by a header that the REST server was set up, and may keep requests from it.
 */

declare( strict_types = 1 );

foreach ( array( 'wp_ajax_prompt_timer', 'wp_ajax_nopriv_prompt_timer' ) as $homa_hook ) {
	add_action(
		$homa_hook,
		static function (): void {
			$start   = hrtime( true );
			$summary = HomayeTabesh\HT_Vault_Manager::get_memory_summary();
			$prefix  = HomayeTabesh\HT_Persona_Engine::get_persona_prompt_prefix();
			HomayeTabesh\HT_Vault_Manager::get_all();
			printf( "%.3f ms\n%s%s", ( hrtime( true ) - $start ) / 1e6, $summary, $prefix );
			exit;
		}
	);
}

add_action(
	'template_redirect',
	static function (): void {
		if ( isset( $_GET['token'] ) ) {
			header( 'X-Token: ' . HomayeTabesh\HT_Vault_Manager::ensure_session_token() );
		}
	}
);

add_action( 'rest_api_init', static fn() => header( 'X-Rest-Server: yes' ) );

if ( get_option( 'prompt_timer_blocks' ) ) {
	add_filter( 'rest_pre_dispatch', static fn() => new WP_Error( 'blocked', 'A firewall says no.', array( 'status' => 418 ) ) );
}
