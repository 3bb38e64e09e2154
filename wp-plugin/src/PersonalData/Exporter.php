<?php

declare( strict_types = 1 );

namespace HomaBridge\PersonalData;

use HomaBridge\Hooks;
use HomaBridge\Unreachable;

/**
 * Gives out what the memory holds of a user, under Tools → Export Personal Data.
 */
final class Exporter {
	private const ID     = 'homa-bridge';
	private const HIDDEN = array( 'id', 'nonce' ); // They number the rows, and tell nothing of anybody.

	/**
	 * Adds the exporter. Hooked to wp_privacy_personal_data_exporters.
	 *
	 * @param mixed $exporters by their ids.
	 */
	public static function add( mixed $exporters ): mixed {
		Hooks::load_texts(); // The texts are otherwise loaded for screens alone.
		if ( is_array( $exporters ) ) {
			$exporters[ self::ID ] = array(
				'exporter_friendly_name' => __( 'The assistant\'s memory', 'homa-bridge' ),
				'callback'               => array( self::class, 'export' ),
			);
		}
		return $exporters;
	}

	/**
	 * Returns a page of a user's data, as WordPress has it.
	 *
	 * @param int $page from 1.
	 * @return array{data: list<array<string, mixed>>, done: bool}|\WP_Error an error if the service is away: an export that lacks
	 *     data must not look whole.
	 */
	public static function export( string $email, int $page = 1 ): array|\WP_Error {
		try {
			$found = Person::with_address( $email )?->page( $page ) ?? array( 'records' => array(), 'done' => true );
		} catch ( Unreachable ) {
			return new \WP_Error( 'homa_service_unavailable', __( 'The assistant\'s memory cannot be exported now, because its service does not answer. Settings → Homa Bridge says why. Then start the export again.', 'homa-bridge' ) );
		}
		return array( 'data' => array_map( array( self::class, 'item' ), $found['records'] ), 'done' => $found['done'] );
	}

	/**
	 * @param array{table: string, columns: array<string, string|int|null>} $record
	 * @return array{group_id: string, group_label: string, item_id: string, data: list<array{name: string, value: string}>}
	 */
	private static function item( array $record ): array {
		$data = array();
		foreach ( array_diff_key( $record['columns'], array_flip( self::HIDDEN ) ) as $column => $value ) {
			if ( null !== $value && '' !== $value ) {
				$data[] = array( 'name' => Labels::column( $column ), 'value' => self::text( $column, (string) $value ) );
			}
		}
		return array(
			'group_id'    => self::ID . '-' . $record['table'],
			'group_label' => Labels::table( $record['table'] ),
			'item_id'     => $record['table'] . '-' . $record['columns']['id'],
			'data'        => $data,
		);
	}

	/**
	 * Returns what a visitor has typed as it was typed, and not as the JSON string that it is stored as.
	 */
	private static function text( string $column, string $value ): string {
		$typed = 'context_value' === $column && str_starts_with( $value, '"' ) ? json_decode( $value ) : null;
		return is_string( $typed ) ? $typed : $value;
	}
}
