<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * Keeps writes while the service is away, and hands them over in the order in which they came, each once.
 *
 * Each has the nonce that it was signed with when it was sent first. The service does a write once for each nonce, so it does
 * no harm that a write may have arrived before, that the service may die in the middle, or that two requests replay at once.
 */
final class Outbox {
	public const CRON_HOOK       = 'homa_bridge_replay_outbox';
	private const MOST_ROWS      = 10_000;
	private const BATCH          = 50;
	private const SETTLE_SECONDS = 2;

	/** '1' while something may be kept. WordPress loads it with every request, so that looking costs no query. */
	public const FLAG = 'homa_bridge_outbox';

	private ?bool $has_any = null;
	private bool $has_kept = false;

	public function __construct( private Service $service, private Failures $failures ) {}

	public static function table(): string {
		global $wpdb;
		return $wpdb->prefix . 'homa_bridge_outbox';
	}

	/**
	 * Creates the table.
	 */
	public static function create(): void {
		global $wpdb;
		require_once ABSPATH . 'wp-admin/includes/upgrade.php';
		dbDelta(
			'CREATE TABLE ' . self::table() . " (
			id bigint(20) unsigned NOT NULL AUTO_INCREMENT,
			nonce char(32) NOT NULL,
			visitor varchar(100) NOT NULL,
			path varchar(100) NOT NULL,
			referer text NOT NULL,
			caller text NOT NULL,
			body longblob NOT NULL,
			created_at datetime NOT NULL,
			PRIMARY KEY  (id),
			KEY visitor (visitor,id)
			) {$wpdb->get_charset_collate()};"
		);
	}

	/**
	 * Keeps a write for later.
	 *
	 * @return bool false if there is no room, or no database.
	 */
	public function keep( Call $call, Caller $caller, string $nonce ): bool {
		global $wpdb;
		if ( $this->count() >= self::MOST_ROWS ) {
			$this->failures->note( Failures::OUTBOX_FULL );
			return false;
		}
		$kept = $wpdb->insert(
			self::table(),
			array(
				'nonce'      => $nonce,
				'visitor'    => $caller->token(),
				'path'       => $call->path,
				'referer'    => $call->referer,
				'caller'     => Json::encode( $caller->fields() ),
				'body'       => $call->body,
				'created_at' => gmdate( 'Y-m-d H:i:s' ),
			)
		);
		if ( ! $kept ) {
			return false;
		}
		$this->set_flag( '1' );
		$this->has_any  = true;
		$this->has_kept = true;
		if ( ! wp_next_scheduled( self::CRON_HOOK ) ) {
			wp_schedule_single_event( time() + MINUTE_IN_SECONDS, self::CRON_HOOK );
		}
		return true;
	}

	/**
	 * Hands over what is kept of one visitor, before anything newer.
	 *
	 * @throws Unreachable if something is left.
	 */
	public function settle( Caller $caller ): void {
		if ( '' === $caller->token() || ! $this->has_any() ) {
			return;
		}
		$this->adopt( $caller );
		$until = time() + self::SETTLE_SECONDS;
		while ( $rows = $this->rows( 'visitor = %s', $caller->token() ) ) { // phpcs:ignore Generic.CodeAnalysis.AssignmentInCondition -- until there are none.
			if ( ! $this->replay( $rows, $until ) ) {
				throw new Unreachable( Unreachable::WAITING );
			}
		}
	}

	/**
	 * Makes a user's own what is kept of the guest that the user has been, in its place: the service moves the guest's memory,
	 * and nothing of the guest's may come after that.
	 */
	public function adopt( Caller $caller ): void {
		global $wpdb;
		if ( $caller->user > 0 && '' !== $caller->guest && $this->has_any() ) {
			$own = array( 'visitor' => $caller->token(), 'caller' => Json::encode( $caller->fields() ) );
			$wpdb->update( self::table(), $own, array( 'visitor' => $caller->guest ) );
		}
	}

	/**
	 * Hands over what is kept of everybody, for a while; one request at a time does so.
	 */
	public function drain( int $seconds ): void {
		global $wpdb;
		$lock = $wpdb->prefix . 'homa_bridge_outbox';
		if ( ! $this->may_hold_any() || '1' !== $wpdb->get_var( $wpdb->prepare( 'SELECT GET_LOCK(%s, 0)', $lock ) ) ) {
			return;
		}
		try {
			$until = time() + $seconds;
			$after = 0;
			$held  = array(); // Visitors one of whose writes cannot be done now: their later ones wait for it.
			while ( time() < $until && ( $rows = $this->rows( 'id > %d', $after ) ) ) { // phpcs:ignore Generic.CodeAnalysis.AssignmentInCondition -- until there are none.
				$after = (int) end( $rows )->id;
				foreach ( array_diff_key( self::by_visitor( $rows ), $held ) as $visitor => $own ) {
					if ( ! $this->replay( $own, $until ) ) {
						$held[ $visitor ] = true;
					}
				}
			}
		} catch ( Unreachable ) {
			// It is away again: the rest stays.
		} finally {
			$wpdb->get_var( $wpdb->prepare( 'SELECT RELEASE_LOCK(%s)', $lock ) );
		}
		$this->lower_flag();
		if ( $this->has_any && ! wp_next_scheduled( self::CRON_HOOK ) ) {
			wp_schedule_single_event( time() + MINUTE_IN_SECONDS, self::CRON_HOOK );
		}
	}

	/**
	 * Says whether this request has kept a write: a service that has just refused it is not asked again at once.
	 */
	public function has_kept(): bool {
		return $this->has_kept;
	}

	/**
	 * Returns how many writes are kept.
	 */
	public function count(): int {
		global $wpdb;
		return (int) $wpdb->get_var( 'SELECT COUNT(*) FROM ' . self::table() ); // phpcs:ignore WordPress.DB -- a table of our own.
	}

	/**
	 * Says whether anything is kept. Asked once in a request: what the same visitor sends at the same time has no order.
	 */
	public function has_any(): bool {
		return $this->has_any ??= $this->may_hold_any() && $this->holds_any();
	}

	/**
	 * Says whether it is worth looking. An object cache that several requests write may lose the flag: there the table is
	 * asked.
	 */
	public function may_hold_any(): bool {
		return '1' === get_option( self::FLAG ) || ( wp_using_ext_object_cache() && $this->holds_any() );
	}

	private function holds_any(): bool {
		global $wpdb;
		return (bool) $wpdb->get_var( 'SELECT 1 FROM ' . self::table() . ' LIMIT 1' ); // phpcs:ignore WordPress.DB -- a table of our own.
	}

	/**
	 * Lowers the flag if nothing is kept, and looks again: somebody may keep a write at this moment.
	 */
	private function lower_flag(): void {
		$this->has_any = $this->holds_any();
		if ( ! $this->has_any ) {
			$this->set_flag( '' );
			$this->has_any = $this->holds_any();
			if ( $this->has_any ) {
				$this->set_flag( '1' );
			}
		}
	}

	/**
	 * Sets the flag in the database whatever this request has read of it: another may have changed it since.
	 */
	private function set_flag( string $flag ): void {
		global $wpdb;
		$wpdb->update( $wpdb->options, array( 'option_value' => $flag ), array( 'option_name' => self::FLAG ) );
		wp_cache_delete( 'alloptions', 'options' );
	}

	/**
	 * Returns rows in the order in which they came.
	 *
	 * @param string $condition with one placeholder.
	 * @return list<object>
	 */
	private function rows( string $condition, string|int $value ): array {
		global $wpdb;
		$query = 'SELECT id, nonce, visitor, path, referer, caller, body FROM ' . self::table() . " WHERE $condition ORDER BY id LIMIT " . self::BATCH;
		return $wpdb->get_results( $wpdb->prepare( $query, $value ) ); // phpcs:ignore WordPress.DB -- a table of our own.
	}

	/**
	 * Groups rows, so that one visitor's write that makes the service fail holds up nobody else's.
	 *
	 * @param list<object> $rows
	 * @return array<string, list<object>>
	 */
	private static function by_visitor( array $rows ): array {
		$grouped = array();
		foreach ( $rows as $row ) {
			$grouped[ $row->visitor ][] = $row;
		}
		return $grouped;
	}

	/**
	 * Replays one visitor's rows in order.
	 *
	 * @param list<object> $rows
	 * @return bool whether none is left: the service may be there and yet unable, or the time be up.
	 * @throws Unreachable if the service is away.
	 */
	private function replay( array $rows, int $until ): bool {
		global $wpdb;
		foreach ( $rows as $row ) {
			if ( time() > $until ) {
				return false;
			}
			$call   = new Call( 'POST', $row->path, array(), $row->body, 'application/json', $row->referer );
			try {
				$answer = $this->service->ask( $call, Caller::from_fields( Json::members( $row->caller ) ), $row->nonce );
			} catch ( Unreachable $failure ) {
				if ( Unreachable::BODY === $failure->kind ) {
					return false; // It holds up nobody else.
				}
				throw $failure;
			}
			if ( ! $answer->is_success() && 409 !== $answer->status ) { // 409: it was done already.
				$this->failures->note( Failures::WRITE_REFUSED, "$row->path: $answer->status {$answer->code()}" );
			}
			if ( $answer->status >= 500 || 429 === $answer->status ) {
				return false;
			}
			$wpdb->delete( self::table(), array( 'id' => $row->id ) );
		}
		return true;
	}
}
