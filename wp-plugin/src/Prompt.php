<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * Puts the memory into the system instruction of whichever assistant asks for it.
 */
final class Prompt {
	/**
	 * Appends the memory's section to a system instruction. Hooked to homa_bridge_prompt.
	 *
	 * @param mixed $instruction text.
	 */
	public static function append( mixed $instruction ): mixed {
		$section = is_string( $instruction ) ? Bridge::memory()->section() : '';
		return '' === $section ? $instruction : ltrim( rtrim( $instruction ) . "\n\n" . $section );
	}
}
