<?php
/**
 * The assistant, as far as it uses the memory: it writes messages down, and puts the memory into its prompt.
 *
 * @package HomayeTabesh
 */

declare( strict_types=1 );

namespace HomayeTabesh;

/**
 * Builds the prompt and answers the chat.
 */
final class HT_Assistant {

	/** Adds the hooks. */
	public static function init(): void {
		add_action( 'rest_api_init', array( self::class, 'register_routes' ) );
		foreach ( array( 'wp_ajax_', 'wp_ajax_nopriv_' ) as $kind ) {
			add_action( $kind . 'homaye_prompt', array( self::class, 'send_prompt' ) );
			add_action( $kind . 'homaye_chat', array( self::class, 'chat' ) );
		}
	}

	/** Registers GET /homaye-tabesh/v1/assistant/prompt. */
	public static function register_routes(): void {
		register_rest_route(
			'homaye-tabesh/v1',
			'/assistant/prompt',
			array(
				'methods'             => 'GET',
				'callback'            => static fn() => array( 'prompt' => self::prompt() ),
				'permission_callback' => '__return_true',
			)
		);
	}

	/** Answers admin-ajax.php?action=homaye_prompt. */
	public static function send_prompt(): void {
		wp_send_json_success( array( 'prompt' => self::prompt() ) );
	}

	/** Answers admin-ajax.php?action=homaye_chat. */
	public static function chat(): void {
		$message = sanitize_textarea_field( wp_unslash( $_POST['message'] ?? '' ) );
		$answer  = 'You said: ' . $message;
		HT_Vault_Manager::store_chat_message( 'user', $message, array( 'page' => wp_get_referer() ) );
		HT_Vault_Manager::store_chat_message( 'assistant', $answer, array( 'model' => 'echo' ) );
		wp_send_json_success( array( 'answer' => $answer, 'prompt' => self::prompt() ) );
	}

	/** Returns the assistant's instructions; like the original it survives an exception, but no error of PHP's. */
	public static function prompt(): string {
		$parts = array( 'You are Homa, the assistant of a print shop.' );
		try {
			$parts[] = HT_Persona_Engine::get_persona_prompt_prefix();
			$parts[] = HT_Vault_Manager::get_memory_summary();
		} catch ( \Exception $e ) {
			$parts[] = '';
		}
		return implode( "\n\n", array_filter( $parts ) );
	}
}
