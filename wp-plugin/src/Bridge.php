<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * The plugin's objects, one of each in a request, made when they are first needed.
 */
final class Bridge {
	/** @var array<class-string, object> */
	private static array $made = array();

	public static function settings(): Settings {
		return self::$made[ Settings::class ] ??= new Settings();
	}

	public static function consent(): Consent {
		return self::$made[ Consent::class ] ??= new Consent();
	}

	public static function visitor(): Visitor {
		return self::$made[ Visitor::class ] ??= new Visitor( self::consent() );
	}

	public static function failures(): Failures {
		return self::$made[ Failures::class ] ??= new Failures();
	}

	public static function breaker(): Breaker {
		return self::$made[ Breaker::class ] ??= new Breaker();
	}

	public static function service(): Service {
		return self::$made[ Service::class ] ??= new Service( self::settings(), self::breaker(), self::failures() );
	}

	/**
	 * Says whether this request had anything to do with the memory.
	 */
	public static function has_asked(): bool {
		return isset( self::$made[ Service::class ] );
	}

	public static function outbox(): Outbox {
		return self::$made[ Outbox::class ] ??= new Outbox( self::service(), self::failures() );
	}

	public static function writer(): Writer {
		return self::$made[ Writer::class ] ??= new Writer( self::service(), self::outbox(), self::consent() );
	}

	public static function proxy(): Proxy {
		return self::$made[ Proxy::class ] ??= new Proxy( self::service(), self::writer(), self::visitor() );
	}

	public static function owner_routes(): OwnerRoutes {
		return self::$made[ OwnerRoutes::class ] ??= new OwnerRoutes( self::service(), self::visitor() );
	}

	public static function memory(): Memory {
		return self::$made[ Memory::class ] ??= new Memory( self::service(), self::writer(), self::visitor() );
	}
}
