<?php

declare( strict_types = 1 );

namespace HomaBridge\PersonalData;

/**
 * What tables and columns are called in an export.
 */
final class Labels {
	/**
	 * Returns what a table's rows are called.
	 *
	 * @param string $table name without the site's prefix.
	 */
	public static function table( string $table ): string {
		return match ( $table ) {
			'homa_vault'            => __( 'Assistant: entries in forms', 'homa-bridge' ),
			'homa_sessions'         => __( 'Assistant: the last visit', 'homa-bridge' ),
			'homa_user_interests'   => __( 'Assistant: interests', 'homa-bridge' ),
			'homaye_chat_memory'    => __( 'Assistant: conversation', 'homa-bridge' ),
			'homa_bridge_summaries' => __( 'Assistant: facts from the conversation', 'homa-bridge' ),
			'homaye_persona_scores' => __( 'Assistant: kind of customer', 'homa-bridge' ),
			'homa_bridge_outbox'    => __( 'Assistant: entries that wait to be stored', 'homa-bridge' ),
			default                 => $table,
		};
	}

	/**
	 * Returns what a column is called.
	 */
	public static function column( string $column ): string {
		return match ( $column ) {
			'session_token', 'session_id', 'user_id_or_token', 'user_identifier', 'visitor' => __( 'Visitor', 'homa-bridge' ),
			'user_id'                        => __( 'User number', 'homa-bridge' ),
			'user_role'                      => __( 'Role', 'homa-bridge' ),
			'context_key'                    => __( 'Field', 'homa-bridge' ),
			'context_value'                  => __( 'Value', 'homa-bridge' ),
			'ai_insight'                     => __( 'The assistant\'s note', 'homa-bridge' ),
			'last_url', 'referer'            => __( 'Page', 'homa-bridge' ),
			'form_snapshot'                  => __( 'Form', 'homa-bridge' ),
			'chat_summary', 'summary', 'wording' => __( 'Summary of the conversation', 'homa-bridge' ),
			'category_slug'                  => __( 'Category', 'homa-bridge' ),
			'interest_score', 'score'        => __( 'Points', 'homa-bridge' ),
			'source_referral', 'source'      => __( 'Came from', 'homa-bridge' ),
			'persona_type'                   => __( 'Kind of customer', 'homa-bridge' ),
			'message_type'                   => __( 'Written by', 'homa-bridge' ),
			'message_content'                => __( 'Message', 'homa-bridge' ),
			'ai_metadata', 'session_data', 'state', 'heard', 'digest' => __( 'Further data', 'homa-bridge' ),
			'path'                           => __( 'Kind of entry', 'homa-bridge' ),
			'caller'                         => __( 'Sent by', 'homa-bridge' ),
			'body'                           => __( 'Content', 'homa-bridge' ),
			'created_at', 'oldest'           => __( 'Written at', 'homa-bridge' ),
			'updated_at', 'last_interaction' => __( 'Last changed', 'homa-bridge' ),
			'expires_at'                     => __( 'Kept until', 'homa-bridge' ),
			default                          => $column,
		};
	}
}
