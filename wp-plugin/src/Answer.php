<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * What the service answered.
 */
final class Answer {
	/**
	 * @param array<string, list<string>> $headers by name in lower case.
	 */
	public function __construct(
		public readonly int $status,
		public readonly array $headers,
		public readonly string $body,
	) {}

	/**
	 * Returns a header's first value; '' if it is absent.
	 */
	public function header( string $name ): string {
		return $this->headers[ $name ][0] ?? '';
	}

	public function is_success(): bool {
		return $this->status >= 200 && $this->status < 300;
	}

	/** @return array<string, mixed> */
	public function members(): array {
		return Json::members( $this->body );
	}

	/**
	 * Returns the code of an error; '' if it is none.
	 */
	public function code(): string {
		return $this->is_success() ? '' : (string) ( $this->members()['code'] ?? '' );
	}
}
