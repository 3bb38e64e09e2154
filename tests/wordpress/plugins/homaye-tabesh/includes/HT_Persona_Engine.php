<?php
/**
 * Who is asking.
 *
 * @package HomayeTabesh
 */

declare( strict_types=1 );

namespace HomayeTabesh;

/**
 * Scores the kinds of customers.
 */
final class HT_Persona_Engine {

	public const PERSONA_AUTHOR          = 'author';
	public const PERSONA_PUBLISHER       = 'publisher';
	public const PERSONA_DESIGNER        = 'designer';
	public const PERSONA_LOYAL_CUSTOMER  = 'loyal_customer';
	public const PERSONA_CASUAL_BROWSER  = 'casual_browser';
	public const PERSONA_PRICE_SENSITIVE = 'price_sensitive';

	private const LABELS = array(
		self::PERSONA_AUTHOR          => 'نویسنده',
		self::PERSONA_PUBLISHER       => 'ناشر',
		self::PERSONA_DESIGNER        => 'گرافیست',
		self::PERSONA_LOYAL_CUSTOMER  => 'مشتری وفادار',
		self::PERSONA_CASUAL_BROWSER  => 'استعلام‌گیرنده گذرا',
		self::PERSONA_PRICE_SENSITIVE => 'حساس به قیمت',
	);

	public static function analyze_user_persona(): array {
		served( __METHOD__ );
		$scores = array_fill_keys( array_keys( self::LABELS ), 0 );
		foreach ( HT_Vault_Manager::get_user_interests( 20 ) as $interest ) {
			if ( str_contains( $interest['category'], 'book' ) ) {
				$scores[ self::PERSONA_AUTHOR ] += 2 * (int) $interest['score'];
			}
			if ( str_contains( $interest['category'], 'design' ) ) {
				$scores[ self::PERSONA_DESIGNER ] += 2 * (int) $interest['score'];
			}
		}
		$persona = (string) array_search( max( $scores ), $scores, true );
		return array(
			'persona'     => $persona,
			'confidence'  => min( 100, max( $scores ) ),
			'all_scores'  => $scores,
			'label'       => self::get_persona_label( $persona ),
			'description' => self::get_persona_description( $persona ),
		);
	}

	public static function get_current_persona(): array {
		served( __METHOD__ );
		return self::analyze_user_persona();
	}

	public static function get_persona_label( string $persona ): string {
		served( __METHOD__ );
		return self::LABELS[ $persona ] ?? '';
	}

	public static function get_persona_description( string $persona ): string {
		served( __METHOD__ );
		return self::get_persona_label( $persona );
	}

	public static function get_persona_strategy( string $persona ): array {
		served( __METHOD__ );
		return array( 'tone' => 'دوستانه', 'focus' => self::get_persona_label( $persona ), 'discount' => false, 'upsell' => false );
	}

	public static function get_persona_prompt_prefix(): string {
		served( __METHOD__ );
		$persona = self::analyze_user_persona();
		return $persona['confidence'] < 10 ? '' : 'The visitor is probably ' . $persona['label'] . '.';
	}

	public static function is_from_torob(): bool {
		served( __METHOD__ );
		return str_contains( (string) wp_get_raw_referer(), 'torob.com' );
	}

	public static function update_persona_score( string $persona, int $score ): bool {
		served( __METHOD__ );
		global $wpdb;
		return (bool) $wpdb->insert(
			$wpdb->prefix . 'homaye_persona_scores',
			array( 'user_identifier' => HT_Vault_Manager::get_session_token(), 'persona_type' => $persona, 'score' => $score )
		);
	}

	public static function generate_who_am_i_response(): string {
		served( __METHOD__ );
		return self::analyze_user_persona()['label'];
	}
}
