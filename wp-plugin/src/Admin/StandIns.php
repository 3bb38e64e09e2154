<?php

declare( strict_types = 1 );

namespace HomaBridge\Admin;

/**
 * Tells whose the memory's classes are: whoever defines them first has them.
 */
final class StandIns {
	private const CLASSES = array( 'HT_Vault_Manager', 'HT_Persona_Engine', 'HT_Context_Compressor', 'HT_Vault_REST_API' );

	/**
	 * Returns the classes that are not this plugin's, and the files that define them.
	 *
	 * @return array<string, string> path within the site, by the class's full name.
	 */
	public static function foreign(): array {
		$foreign = array();
		foreach ( self::CLASSES as $name ) {
			$class = 'HomayeTabesh\\' . $name;
			$file  = class_exists( $class, false ) ? (string) ( new \ReflectionClass( $class ) )->getFileName() : '';
			if ( ! str_starts_with( $file, dirname( HOMA_BRIDGE_FILE ) . DIRECTORY_SEPARATOR ) ) {
				$foreign[ $class ] = str_starts_with( $file, ABSPATH ) ? substr( $file, strlen( ABSPATH ) ) : $file;
			}
		}
		return $foreign;
	}
}
