<?php

declare( strict_types = 1 );

namespace HomaBridge\Admin;

/**
 * One thing that was looked at. The levels are Site Health's.
 */
final class Finding {
	public const GOOD        = 'good';
	public const RECOMMENDED = 'recommended';
	public const CRITICAL    = 'critical';

	private const ORDER = array( self::GOOD, self::RECOMMENDED, self::CRITICAL );

	/**
	 * @param string $what   what was found; text between backticks is code.
	 * @param string $remedy what to do about it; '' for nothing.
	 * @param string $detail in English, as the service or PHP gives it.
	 * @param string $action name of the button that helps; '' for none.
	 */
	public function __construct(
		public readonly string $subject,
		public readonly string $level,
		public readonly string $what,
		public readonly string $remedy = '',
		public readonly string $detail = '',
		public readonly string $action = '',
	) {}

	/**
	 * Returns the worst level.
	 *
	 * @param list<self> $findings
	 */
	public static function worst( array $findings ): string {
		$levels = array_map( static fn( self $finding ): int => (int) array_search( $finding->level, self::ORDER, true ), $findings );
		return self::ORDER[ max( array( 0, ...$levels ) ) ];
	}
}
