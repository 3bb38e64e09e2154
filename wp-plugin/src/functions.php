<?php
/**
 * Functions for other plugins and themes.
 */

declare( strict_types = 1 );

/**
 * Returns what the assistant should know of the current visitor, as a section for a system instruction; '' if nothing.
 *
 * The same text is appended by the filter homa_bridge_prompt: apply_filters( 'homa_bridge_prompt', $instruction ).
 */
function homa_bridge_memory_context(): string {
	return HomaBridge\Bridge::memory()->section();
}
