<?php

declare( strict_types = 1 );

namespace HomaBridge\PersonalData;

/**
 * What the owner may write into the shop's privacy policy, under Settings → Privacy → Policy Guide.
 */
final class PolicyText {
	/**
	 * Suggests the text. Hooked to admin_init.
	 */
	public static function add(): void {
		wp_add_privacy_policy_content( 'Homa Bridge', self::content() );
	}

	private static function content(): string {
		$advice    = array(
			__( 'Adapt this text to what your assistant asks for, and to how long you keep it: the service\'s settings `HOMA_GUEST_VAULT_HOURS`, `HOMA_USER_VAULT_DAYS`, `HOMA_INTEREST_DAYS` and `HOMA_CHAT_DAYS`.', 'homa-bridge' ),
			__( 'What is remembered becomes part of what the assistant\'s language model is asked. If somebody else runs it, name them.', 'homa-bridge' ),
		);
		$suggested = array(
			__( 'Our assistant remembers what you enter in its forms, the page that you were on, what kinds of products you look at, and what you and the assistant write to each other. From this it guesses what kind of customer you are, so that it can advise you better.', 'homa-bridge' ),
			__( 'If you are not logged in, the cookie homa_session_token tells that it is you. It holds a random number, and ends 48 hours after your last visit. If you are logged in, the memory belongs to your account.', 'homa-bridge' ),
			__( 'What you enter in forms without being logged in is deleted 48 hours after your last visit. Everything else is kept until you have it deleted.', 'homa-bridge' ),
			__( 'You may ask us for all data that the assistant has stored of you, and have them deleted.', 'homa-bridge' ),
		);
		$html      = '';
		foreach ( $advice as $text ) {
			$html .= '<p class="privacy-policy-tutorial">' . preg_replace( '/`(\w+)`/', '<code>$1</code>', esc_html( $text ) ) . '</p>';
		}
		$html .= '<p><strong class="privacy-policy-tutorial">' . esc_html__( 'Suggested text:', 'homa-bridge' ) . ' </strong>';
		return $html . implode( '</p><p>', array_map( 'esc_html', $suggested ) ) . '</p>';
	}
}
