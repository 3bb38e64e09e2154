<?php
/**
 * The memory's routes.
 *
 * @package HomayeTabesh
 */

declare( strict_types=1 );

namespace HomayeTabesh;

use WP_REST_Request;

/**
 * Registers twelve routes, without overriding what is there.
 */
final class HT_Vault_REST_API {

	private const ROUTES = array(
		array( 'POST', '/vault/sync', 'sync' ),
		array( 'GET', '/vault/restore', 'restore' ),
		array( 'POST', '/vault/clear', 'clear' ),
		array( 'POST', '/session/snapshot', 'snapshot' ),
		array( 'GET', '/persona/analyze', 'persona' ),
		array( 'POST', '/interest/track', 'track' ),
		array( 'GET', '/vault/interests', 'interests' ),
		array( 'GET', '/memory/summary', 'summary' ),
		array( 'POST', '/context/compress', 'compress' ),
		array( 'GET', '/chat/memory', 'chat' ),
		array( 'POST', '/chat/memory', 'store_chat' ),
		array( 'POST', '/chat/memory/clear', 'clear_chat' ),
	);

	private const REQUIRED = array(
		'sync'       => array( 'field', 'value' ),
		'snapshot'   => array( 'form_snapshot' ),
		'track'      => array( 'category' ),
		'compress'   => array( 'messages' ),
		'store_chat' => array( 'message_type', 'message_content' ),
	);

	public static function init(): void {
		served( __METHOD__ );
		add_action( 'rest_api_init', array( self::class, 'register_routes' ) );
	}

	public static function register_routes(): void {
		served( __METHOD__ );
		foreach ( self::ROUTES as list( $method, $route, $name ) ) {
			register_rest_route(
				'homaye-tabesh/v1',
				$route,
				array(
					'methods'             => $method,
					'callback'            => static function ( WP_REST_Request $request ) use ( $name ): array {
						served( self::class . '::' . $name );
						return array( 'success' => true ) + self::$name( $request );
					},
					'permission_callback' => '__return_true',
					'args'                => array_fill_keys( self::REQUIRED[ $name ] ?? array(), array( 'required' => true ) ),
				)
			);
		}
	}

	private static function sync( WP_REST_Request $request ): array {
		HT_Vault_Manager::store( $request['field'], $request['value'] );
		if ( $request['page_url'] ) {
			HT_Vault_Manager::save_session_snapshot( $request['page_url'], array( $request['field'] => $request['value'] ) );
		}
		return array( 'message' => 'Data synced successfully', 'session_token' => HT_Vault_Manager::get_session_token() );
	}

	private static function restore( WP_REST_Request $request ): array {
		$token = $request['session_token'] ?? HT_Vault_Manager::get_session_token();
		return array(
			'vault_data'       => (object) HT_Vault_Manager::get_all( $token ),
			'session'          => HT_Vault_Manager::get_session_snapshot( $token ),
			'interests'        => HT_Vault_Manager::get_user_interests(),
			'chat_messages'    => HT_Vault_Manager::get_chat_messages( 50, $token ),
			'has_chat_history' => HT_Vault_Manager::has_chat_history( $token ),
			'session_token'    => $token,
		);
	}

	private static function clear(): array {
		HT_Vault_Manager::clear_session();
		return array( 'message' => 'Vault cleared successfully' );
	}

	private static function snapshot( WP_REST_Request $request ): array {
		HT_Vault_Manager::save_session_snapshot( (string) wp_get_raw_referer(), $request['form_snapshot'], $request['chat_summary'] );
		return array( 'message' => 'Snapshot saved' );
	}

	private static function persona(): array {
		$persona = HT_Persona_Engine::analyze_user_persona();
		return array(
			'persona'    => $persona,
			'strategy'   => HT_Persona_Engine::get_persona_strategy( $persona['persona'] ),
			'from_torob' => HT_Persona_Engine::is_from_torob(),
		);
	}

	private static function track( WP_REST_Request $request ): array {
		HT_Vault_Manager::track_interest( $request['category'], (int) ( $request['score'] ?? 1 ), $request['source'] ?? 'organic' );
		return array( 'message' => 'Interest tracked' );
	}

	private static function interests(): array {
		return array(
			'interests' => HT_Vault_Manager::get_user_interests(),
			'persona'   => HT_Persona_Engine::get_current_persona(),
		);
	}

	private static function summary(): array {
		return array(
			'memory_summary' => HT_Vault_Manager::get_memory_summary(),
			'persona_prefix' => HT_Persona_Engine::get_persona_prompt_prefix(),
		);
	}

	private static function compress( WP_REST_Request $request ): array {
		return array(
			'compressed_summary' => HT_Context_Compressor::compress_messages( $request['messages'] ),
			'metrics'            => HT_Context_Compressor::extract_metrics( $request['messages'] ),
		);
	}

	private static function chat( WP_REST_Request $request ): array {
		$messages = HT_Vault_Manager::get_chat_messages( (int) ( $request['limit'] ?? 50 ), $request['session_id'] );
		return array(
			'messages'      => $messages,
			'has_history'   => array() !== $messages,
			'session_token' => HT_Vault_Manager::get_session_token(),
			'count'         => count( $messages ),
		);
	}

	private static function store_chat( WP_REST_Request $request ): array {
		HT_Vault_Manager::store_chat_message( $request['message_type'], $request['message_content'], $request['ai_metadata'] ?? array() );
		return array( 'message' => 'Chat message saved successfully', 'session_token' => HT_Vault_Manager::get_session_token() );
	}

	private static function clear_chat(): array {
		HT_Vault_Manager::clear_chat_history();
		return array( 'message' => 'Chat history cleared successfully' );
	}
}
