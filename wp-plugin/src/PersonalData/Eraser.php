<?php

declare( strict_types = 1 );

namespace HomaBridge\PersonalData;

use HomaBridge\Hooks;
use HomaBridge\Unreachable;

/**
 * Deletes what the memory holds of a user, under Tools → Erase Personal Data.
 */
final class Eraser {
	private const ID = 'homa-bridge';

	/**
	 * Adds the eraser. Hooked to wp_privacy_personal_data_erasers.
	 *
	 * @param mixed $erasers by their ids.
	 */
	public static function add( mixed $erasers ): mixed {
		Hooks::load_texts(); // The texts are otherwise loaded for screens alone.
		if ( is_array( $erasers ) ) {
			$erasers[ self::ID ] = array(
				'eraser_friendly_name' => __( 'The assistant\'s memory', 'homa-bridge' ),
				'callback'             => array( self::class, 'erase' ),
			);
		}
		return $erasers;
	}

	/**
	 * Deletes all of a user's data at once, and says so, as WordPress has it. Without the service nothing is deleted.
	 *
	 * @return array{items_removed: int, items_retained: bool, messages: list<string>, done: true}
	 */
	public static function erase( string $email ): array {
		try {
			$removed = Person::with_address( $email )?->forget() ?? 0;
		} catch ( Unreachable ) {
			return self::erased( 0, __( 'The assistant\'s memory of this person is not erased, because its service does not answer. Settings → Homa Bridge says why. Then make a new request.', 'homa-bridge' ) );
		}
		return self::erased( $removed );
	}

	/**
	 * @param string ...$failures why something is left.
	 * @return array{items_removed: int, items_retained: bool, messages: list<string>, done: true}
	 */
	private static function erased( int $removed, string ...$failures ): array {
		return array( 'items_removed' => $removed, 'items_retained' => array() !== $failures, 'messages' => $failures, 'done' => true );
	}
}
