<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * The most recent failures, for the settings screen. They hold nothing that a visitor typed.
 */
final class Failures {
	public const OPTION = 'homa_bridge_failures';
	private const KEPT  = 20;

	// Kinds beside Unreachable's.
	public const WRITE_REFUSED = 'write_refused';
	public const OUTBOX_FULL   = 'outbox_full';

	/**
	 * Notes a failure; of the same one the last time counts.
	 *
	 * @param string $kind   one of Unreachable's or of this class's.
	 * @param string $detail in a few words.
	 */
	public function note( string $kind, string $detail = '' ): void {
		$detail  = mb_substr( $detail, 0, 200 );
		$noted   = array_filter( $this->recent(), static fn( array $old ): bool => $kind !== $old['kind'] || $detail !== $old['detail'] );
		$noted[] = array( 'time' => time(), 'kind' => $kind, 'detail' => $detail );
		update_option( self::OPTION, array_slice( $noted, -self::KEPT ), false );
		Log::write( rtrim( "$kind $detail" ) );
	}

	/**
	 * Returns the failures, the oldest first.
	 *
	 * @return list<array{time: int, kind: string, detail: string}>
	 */
	public function recent(): array {
		$noted = get_option( self::OPTION, array() );
		return is_array( $noted ) ? array_values( $noted ) : array();
	}

	public function forget(): void {
		delete_option( self::OPTION );
	}
}
