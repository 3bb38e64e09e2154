<?php
/**
 * Plugin Name:  PHP Memory
 * Description:  The yardstick: two routes of the memory in PHP with $wpdb, as WordPress intends it and with few statements.
 * Version:      1.0.0
 * Requires PHP: 8.2
 *
 * It answers as the contract has it, and stores in the same tables. What it leaves out is what no load of the benchmark
 * needs: the move of a guest's memory to a user, refusals of what fits no column, replays.
 *
 * @package PhpMemory
 */

declare( strict_types=1 );

namespace PhpMemory;

use WP_Error;
use WP_REST_Request;
use WP_REST_Response;
use WP_REST_Server;

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

require_once __DIR__ . '/class-visitor.php';
require_once __DIR__ . '/class-store.php';

add_action( 'rest_api_init', __NAMESPACE__ . '\\register_routes' );

/** Registers the routes. */
function register_routes(): void {
	register_rest_route(
		'php-memory/v1',
		'/vault/sync',
		array(
			'methods'             => WP_REST_Server::CREATABLE,
			'callback'            => __NAMESPACE__ . '\\sync',
			'permission_callback' => '__return_true',
			'args'                => array(
				'field'    => array(
					'required'          => true,
					'validate_callback' => static fn( $field ): bool => is_string( $field ) && in_array( mb_strlen( sanitize_text_field( $field ) ), range( 1, 50 ), true ),
					'sanitize_callback' => 'sanitize_text_field',
				),
				'value'    => array( 'required' => true ),
				'page_url' => array(
					'validate_callback' => static fn( $url ): bool => is_string( $url ) && 1 === preg_match( '#^https?://[^/]#i', $url ),
				),
			),
		)
	);
	register_rest_route(
		'php-memory/v1',
		'/vault/restore',
		array(
			'methods'             => WP_REST_Server::READABLE,
			'callback'            => __NAMESPACE__ . '\\restore',
			'permission_callback' => '__return_true',
		)
	);
	add_filter( 'rest_json_encode_options', __NAMESPACE__ . '\\keep_zero_fractions', 10, 2 );
}

/**
 * Has 1.0 sent as 1.0.
 *
 * @param int             $options Flags of json_encode().
 * @param WP_REST_Request $request Which is answered.
 */
function keep_zero_fractions( int $options, WP_REST_Request $request ): int {
	return str_starts_with( $request->get_route(), '/php-memory/' ) ? $options | JSON_PRESERVE_ZERO_FRACTION : $options;
}

/**
 * POST /vault/sync
 *
 * @param WP_REST_Request $request With field, value and perhaps page_url.
 */
function sync( WP_REST_Request $request ): WP_REST_Response|WP_Error {
	$visitor = Visitor::current();
	// WordPress reads objects as arrays, and {} would be [] afterwards.
	$body  = json_decode( $request->get_body() );
	$value = is_object( $body ) ? $body->value : $request['value'];
	$store = new Store();
	if ( ! $store->sync( $visitor, $request['field'], $value, $request['page_url'] ) ) {
		return new WP_Error( 'homa_storage_unavailable', 'The memory cannot be reached.', array( 'status' => 503 ) );
	}
	return new WP_REST_Response(
		array(
			'success'       => true,
			'message'       => 'Data synced successfully',
			'session_token' => $visitor->token,
		)
	);
}

/**
 * GET /vault/restore
 *
 * @param WP_REST_Request $request With session_token, if another's memory than the caller's is wanted.
 */
function restore( WP_REST_Request $request ): WP_REST_Response|WP_Error {
	$visitor = Visitor::current();
	$token   = $request['session_token'] ?? $visitor->token;
	if ( $token !== $visitor->token && ! Visitor::is_guest_token( $token ) ) {
		return preg_match( '/^user_[1-9][0-9]*$/D', $token )
			? new WP_Error( 'rest_forbidden', 'This memory belongs to another user.', array( 'status' => 403 ) )
			: new WP_Error( 'rest_invalid_param', 'Invalid parameter(s): session_token', array( 'status' => 400 ) );
	}
	$store    = new Store();
	$messages = $store->messages( $token, 50 );
	return new WP_REST_Response(
		array(
			'success'          => true,
			'vault_data'       => (object) $store->fields( $token ),
			'session'          => $store->session( $token ),
			'interests'        => $store->interests( $token, 10 ),
			'chat_messages'    => $messages,
			'has_chat_history' => array() !== $messages,
			'session_token'    => $token,
		)
	);
}
