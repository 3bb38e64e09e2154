<?php

declare( strict_types = 1 );

namespace HomayeTabesh;

use HomaBridge\Bridge;

/**
 * The visitor's persona, as the site's PHP code calls it.
 */
class HT_Persona_Engine {
	public const PERSONA_AUTHOR          = 'author';
	public const PERSONA_PUBLISHER       = 'publisher';
	public const PERSONA_DESIGNER        = 'designer';
	public const PERSONA_LOYAL_CUSTOMER  = 'loyal_customer';
	public const PERSONA_CASUAL_BROWSER  = 'casual_browser';
	public const PERSONA_PRICE_SENSITIVE = 'price_sensitive';

	private const PERSONAS = array(
		self::PERSONA_AUTHOR,
		self::PERSONA_PUBLISHER,
		self::PERSONA_DESIGNER,
		self::PERSONA_LOYAL_CUSTOMER,
		self::PERSONA_CASUAL_BROWSER,
		self::PERSONA_PRICE_SENSITIVE,
	);

	/**
	 * Recognises the persona.
	 *
	 * @return array{persona: string, confidence: int, all_scores: array<string, int>, label: string, description: string, interests: list<array<string, mixed>>}
	 */
	public static function analyze_user_persona(): array {
		return Bridge::memory()->context()['persona'] ?? array(
			'persona'     => self::PERSONA_AUTHOR,
			'confidence'  => 0,
			'all_scores'  => array_fill_keys( self::PERSONAS, 0 ),
			'label'       => '',
			'description' => '',
			'interests'   => array(),
		);
	}

	/**
	 * Returns the persona; the same as analyze_user_persona().
	 *
	 * @return array<string, mixed>
	 */
	public static function get_current_persona(): array {
		return self::analyze_user_persona();
	}

	/**
	 * Returns a persona's name in Persian; the persona itself if it is unknown or the service is away.
	 */
	public static function get_persona_label( string $persona ): string {
		return self::text( $persona )['label'] ?? $persona;
	}

	/**
	 * Returns a sentence about a persona; '' if it is unknown or the service is away.
	 */
	public static function get_persona_description( string $persona ): string {
		return self::text( $persona )['description'] ?? '';
	}

	/**
	 * Returns how to speak to a persona.
	 *
	 * @return array{tone: string, focus: string, discount: mixed, upsell: mixed}
	 */
	public static function get_persona_strategy( string $persona ): array {
		return self::text( $persona )['strategy'] ?? array( 'tone' => '', 'focus' => '', 'discount' => '', 'upsell' => '' );
	}

	/**
	 * Tells the assistant whom it probably talks to; '' while that is no more than a guess.
	 */
	public static function get_persona_prompt_prefix(): string {
		return (string) ( Bridge::memory()->prompt()['persona_prefix'] ?? '' );
	}

	/**
	 * Says whether the visitor came from the price comparison site torob.com.
	 */
	public static function is_from_torob(): bool {
		return (bool) ( Bridge::memory()->context()['from_torob'] ?? false );
	}

	/**
	 * Adds to the points that the site's PHP code gives a visitor for a persona.
	 */
	public static function update_persona_score( string $persona, int $score ): bool {
		return in_array( $persona, self::PERSONAS, true )
			&& Bridge::memory()->write( '/internal/persona-score', array( 'persona' => $persona, 'score' => $score ) );
	}

	/**
	 * Answers «من کی هستم؟»; '' if the service is away.
	 */
	public static function generate_who_am_i_response(): string {
		return (string) ( Bridge::memory()->context()['who_am_i'] ?? '' );
	}

	/** @return array<string, mixed> */
	private static function text( string $persona ): array {
		return Bridge::memory()->context()['personas'][ $persona ] ?? array();
	}
}
