<?php
/**
 * Plugin Name: Consent
 * Description: Answers for the visitor whether the memory may remember, as the option consent_answer says. Says by a header how often it was asked, and for whom. Loads late, as consent plugins do.
 */

declare( strict_types = 1 );

add_action(
	'init',
	static function (): void {
		add_filter(
			'homa_bridge_consent',
			static function ( bool $is_given, int $user ): mixed {
				static $count = 0;
				header( 'X-Consent-Asked: ' . ++$count . " for $user" );
				return match ( get_option( 'consent_answer' ) ) {
					'yes'          => $is_given,
					'yes, a text'  => 'yes',
					'no'           => false,
					'nothing'      => null,
					'guests alone' => 0 === $user,
					'circular'     => '' !== HomayeTabesh\HT_Vault_Manager::get_session_token() && HomayeTabesh\HT_Vault_Manager::store( 'a', 1 ) && false,
					'failure'      => throw new Error( 'The consent plugin is broken.' ),
				};
			},
			10,
			2
		);
	},
	50
);
