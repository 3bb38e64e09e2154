<?php
/**
 * An autoloader as Composer generates it: a class map, and it puts itself before all others.
 *
 * @package HomayeTabesh
 */

declare( strict_types=1 );

namespace HomayeTabesh\Loaders;

/**
 * Loads classes from a map.
 */
final class ClassLoader {

	/** @var array<string, string> */
	private array $class_map = array();

	/** @param array<string, string> $class_map Files by class name. */
	public function add_class_map( array $class_map ): void {
		$this->class_map = $class_map + $this->class_map;
	}

	/** @param bool $prepend Whether it comes before the autoloaders that are there. */
	public function register( bool $prepend = false ): void {
		spl_autoload_register( array( $this, 'load_class' ), true, $prepend );
	}

	/** @return true|null As Composer's: true if it has loaded the class. */
	public function load_class( string $name ): ?bool {
		if ( ! isset( $this->class_map[ $name ] ) ) {
			return null;
		}
		include $this->class_map[ $name ];
		return true;
	}
}

$map = array();
foreach ( glob( dirname( __DIR__ ) . '/includes/*.php' ) as $file ) {
	$map[ 'HomayeTabesh\\' . basename( $file, '.php' ) ] = $file;
}
$loader = new ClassLoader();
$loader->add_class_map( $map );
$loader->register( true );
